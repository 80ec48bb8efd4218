package import Domain

/// Puts what one channel is to be told into few messages.
///
/// The first waits a little for others of the same trouble, and a channel is not written to again too soon; the
/// loudest that waits says how long:
///
/// | loudest | waits for others | after the message before |
/// |---|---|---|
/// | critical | 2 s | 10 s |
/// | high | 10 s | 30 s |
/// | warning | 30 s | 60 s |
/// | info | 60 s | 300 s |
package enum AlertGrouping {
    /// The most alerts told in one message; more wait for the next.
    package static let alertsMax = 20

    /// One thing that waits to be told.
    package struct Waiting: Hashable, Sendable {
        /// How loud it is.
        package let level: AlertLevel
        /// Since when it waits.
        package let since: Instant

        /// Collects the parts.
        package init(level: AlertLevel, since: Instant) {
            self.level = level
            self.since = since
        }
    }

    /// When a message with what waits leaves; nil when nothing waits.
    ///
    /// - Parameter sentAt: when the channel's message before left; nil when there was none.
    package static func due(_ waiting: [Waiting], sentAt: Instant?) -> Instant? {
        guard !waiting.isEmpty else { return nil }
        return waiting.map { item in
            let gathered = item.since + wait(item.level)
            return sentAt.map { max(gathered, $0 + pause(item.level)) } ?? gathered
        }.min()
    }

    private static func wait(_ level: AlertLevel) -> Duration {
        switch level {
        case .critical: .seconds(2)
        case .high: .seconds(10)
        case .warning: .seconds(30)
        case .info: .seconds(60)
        }
    }

    private static func pause(_ level: AlertLevel) -> Duration {
        switch level {
        case .critical: .seconds(10)
        case .high: .seconds(30)
        case .warning: .seconds(60)
        case .info: .seconds(300)
        }
    }
}
