/// When a lost connection may be tried again: soon at first, never in a busy loop.
///
///     connected -failed-> waiting (0.1 s) -failed-> waiting (0.2 s) … waiting (2 s)     any -connected-> connected
///
/// | failures in a row | wait |
/// |---|---|
/// | 1 | 0.1 s |
/// | 2 | 0.2 s |
/// | 3 | 0.4 s |
/// | 4 | 0.8 s |
/// | 5 | 1.6 s |
/// | 6 and more | 2 s |
package struct ReconnectSchedule: Equatable, Sendable {
    /// The longest wait.
    package static let waitMax = Duration.seconds(2)

    private var failures = 0
    private var next: Duration?
    /// Why the latest try failed.
    package private(set) var reason = "the connection was lost"

    /// A schedule on which nothing has failed yet.
    package init() {}

    /// Whether a try may be made now.
    package func allows(now: Duration) -> Bool {
        next.map { now >= $0 } ?? true
    }

    /// A try failed.
    package mutating func failed(_ reason: String, now: Duration) {
        self.reason = reason
        failures += 1
        next = now + min(Self.waitMax, .milliseconds(100 << min(failures - 1, 8)))
    }

    /// A try succeeded.
    package mutating func connected() {
        failures = 0
        next = nil
    }
}
