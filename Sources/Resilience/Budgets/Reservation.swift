package import Domain

/// A share of a limit held for one wedding, from one time to another.
///
/// Only that wedding's calls may use it. What is not used melts back: when its time is over, and before that by
/// what could no longer be used.
package struct Reservation: Hashable, Sendable {
    /// Why a reservation is not accepted.
    package enum Problem: Error, Hashable, Sendable {
        /// It ends before it begins, or holds nothing.
        case isEmpty
        /// With those there are it would take more than the limit; the most that is left.
        case tooMuch(left: Int)
        /// There are as many reservations as a budget keeps.
        case tooMany(Int)
        /// The limit counts places, and places are not held.
        case notCounted
    }

    /// Whose calls may use it.
    package let wedding: WeddingID
    /// How many calls are held.
    package let quota: Int
    /// When it begins.
    package let from: Instant
    /// When it is over.
    package let to: Instant

    /// Describes a share.
    package init(wedding: WeddingID, quota: Int, from: Instant, to: Instant) {
        self.wedding = wedding
        self.quota = quota
        self.from = from
        self.to = to
    }

    /// Its length in seconds.
    var seconds: Double { (to - from).inSeconds }

    /// The most calls it holds in `window` seconds: its even share, or all of it when it is shorter.
    func share(of window: Double) -> Double {
        Double(quota) * min(1, window / max(seconds, 0.001))
    }
}

/// A reservation at work: what is left of it, and what of that is kept free now.
///
/// Of a *bucket* tokens are kept: they grow by the even rate of what is left, up to `most`, and stand in the bucket
/// until the wedding takes them; what flows in beyond them is everybody's.
///
/// Of a *window* its share is kept, ⌈left · min(1, window / time left of the reservation)⌉, whole for the first half
/// of the window (or of what the reservation has of it), then melting evenly to nothing at its end:
///
/// | share 100, window 60 s, at | 0 s | 30 s | 45 s | 54 s | 60 s |
/// |---|---|---|---|---|---|
/// | kept, if none was used | 100 | 100 | 50 | 20 | 0 |
struct Hold: Hashable, Sendable {
    let reservation: Reservation
    /// Calls of the quota not yet made.
    private(set) var left: Int
    private var kept = 0.0
    private var refreshedAt: Double
    private var window: Window?

    /// The window a share was worked out for.
    private struct Window: Hashable, Sendable {
        let turnsAt: Double
        let span: Double
        let share: Double
    }

    init(_ reservation: Reservation, left: Int, time: Double) {
        self.reservation = reservation
        self.left = left
        refreshedAt = time
    }

    func isActive(_ wall: Instant) -> Bool {
        left > 0 && reservation.from <= wall && wall < reservation.to
    }

    /// The tokens kept in a bucket, of which it may keep `most`.
    mutating func tokens(_ now: ClockReading, most: Double) -> Double {
        let time = now.seconds
        defer { refreshedAt = max(time, refreshedAt) }
        guard isActive(now.wall) else {
            kept = 0
            return 0
        }
        let remaining = max((reservation.to - now.wall).inSeconds, 0.001)
        kept = min(kept + max(time - refreshedAt, 0) * Double(left) / remaining, most, Double(left))
        return kept
    }

    /// The calls kept in the window that turns at `turnsAt`.
    mutating func calls(_ now: ClockReading, turnsAt: Double) -> Double {
        let time = now.seconds
        guard isActive(now.wall), turnsAt > time else { return 0 }
        let remaining = max((reservation.to - now.wall).inSeconds, 0.001)
        if window?.turnsAt != turnsAt {
            let share = (Double(left) * min(1, (turnsAt - time) / remaining)).rounded(.up)
            window = Window(turnsAt: turnsAt, span: min(turnsAt - time, remaining), share: share)
            kept = share
        }
        guard let window else { return 0 }
        let end = min(turnsAt - time, remaining)
        return min(kept, Double(left), window.share * min(1, 2 * end / window.span))
    }

    mutating func spend() {
        left = max(0, left - 1)
        kept = max(0, kept - 1)
    }
}
