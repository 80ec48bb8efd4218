package import Domain
import Foundation

extension Time {
    /// The machine's clocks.
    package static var system: Time {
        let clock = ContinuousClock()
        let start = clock.now
        return Time(
            now: {
                var time = timespec()
                unsafe clock_gettime(CLOCK_REALTIME, &time)
                return Instant(
                    microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
                )
            },
            elapsed: { start.duration(to: clock.now) },
            sleep: { try await Task.sleep(for: $0) }
        )
    }
}

extension RandomSource {
    /// The kernel's generator: fit for keys.
    package static var system: RandomSource {
        RandomSource {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
    }
}
