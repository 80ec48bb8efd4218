import Domain
import Glibc

/// The machine's own clocks: what a server on real sockets needs.
let systemTime = Time(
    now: { Instant(microseconds: microseconds(CLOCK_REALTIME)) },
    elapsed: { .microseconds(microseconds(CLOCK_MONOTONIC)) },
    sleep: { _ in throw CancellationError() }  // The server sleeps on its event loops only.
)

private func microseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
