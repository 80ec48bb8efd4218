/// Limits failed attempts to authenticate, for each client and over all of them.
///
/// Each failure is a debt that melts at a steady rate; who owes as much as the burst must wait until one failure's
/// worth has melted (a leaky bucket kept as the time at which the debt is gone: "generic cell rate algorithm").
/// An attempt is charged before it is checked and refunded when it succeeds, so that attempts made in parallel
/// cannot slip past the limit together.
///
/// With the standard limits, for one client whose attempts all fail:
///
/// | failures at once, at time 0 | the next attempt may come after |
/// |---|---|
/// | 1 to 9 | 0 s |
/// | 10 | 6 s |
/// | 10, and 1 at 6 s | 12 s |
/// | 10, and none until 60 s | 60 s, and 10 are allowed at once again |
///
/// So 10 a minute in the long run. Over all clients the same with 1,000 at once and one each 60 ms: 1,000 a minute.
/// The table of clients is bounded: debts that have melted make room, then the smallest debt.
package struct FailedAttempts: Sendable {
    /// The limits; the defaults are for production.
    package struct Limits: Hashable, Sendable {
        /// Failures one client may have at once: 10.
        package var clientBurst = 10
        /// The time in which one failure of a client is forgiven: 6 seconds.
        package var clientInterval = Duration.seconds(6)
        /// Failures all clients together may have at once: 1,000.
        package var globalBurst = 1_000
        /// The time in which one failure of all clients is forgiven: 60 milliseconds.
        package var globalInterval = Duration.milliseconds(60)
        /// How many clients are remembered: 4,096, more than the global limit lets be in debt at once.
        package var clientsMax = 4_096

        /// The production limits.
        package init() {}
    }

    /// What to do with an attempt.
    package enum Answer: Equatable, Sendable {
        /// Check it. It is charged; call `succeeded` when it was good.
        case proceed
        /// Refuse it unchecked; it may come again after this time.
        case wait(Duration)
    }

    private let limits: Limits
    /// When the debt of each client, and of all, will be gone.
    private var clients: [ClientNetwork: Duration] = [:]
    private var global: Duration?

    /// Starts without debts.
    package init(limits: Limits = Limits()) {
        precondition(
            limits.clientBurst > 0 && limits.globalBurst > 0 && limits.clientsMax > 0
                && limits.clientInterval > .zero && limits.globalInterval > .zero,
            "limits of failed attempts must be above zero"
        )
        self.limits = limits
    }

    /// How many clients are remembered now.
    package var clientCount: Int { clients.count }

    /// A client wants to authenticate.
    ///
    /// `now` is monotonic time and never goes back.
    package mutating func attempt(_ client: ClientNetwork, now: Duration) -> Answer {
        let debtFree = max(clients[client] ?? now, now)
        let allFree = max(global ?? now, now)
        let wait = max(
            Self.wait(debtFree - now, burst: limits.clientBurst, interval: limits.clientInterval),
            Self.wait(allFree - now, burst: limits.globalBurst, interval: limits.globalInterval)
        )
        guard wait == .zero else { return .wait(wait) }
        if clients[client] == nil { makeRoom(now: now) }
        clients[client] = debtFree + limits.clientInterval
        global = allFree + limits.globalInterval
        return .proceed
    }

    /// The attempt was good, or its outcome is unknown for a reason that is not the client's: its charge is given back.
    package mutating func succeeded(_ client: ClientNetwork, now: Duration) {
        global = global.map { max($0 - limits.globalInterval, now) }
        guard let debtFree = clients[client] else { return }  // Pushed out meanwhile.
        let left = debtFree - limits.clientInterval
        clients[client] = left > now ? left : nil
    }

    /// How long until one more failure fits below the burst.
    private static func wait(_ debt: Duration, burst: Int, interval: Duration) -> Duration {
        max(debt - interval * (burst - 1), .zero)
    }

    private mutating func makeRoom(now: Duration) {
        guard clients.count >= limits.clientsMax else { return }
        clients = clients.filter { $0.value > now }
        guard clients.count >= limits.clientsMax else { return }
        // Ties are broken too: a dictionary's order differs from run to run.
        let smallest = clients.min {
            $0.value == $1.value ? $0.key.order < $1.key.order : $0.value < $1.value
        }
        if let smallest { clients[smallest.key] = nil }
    }
}
