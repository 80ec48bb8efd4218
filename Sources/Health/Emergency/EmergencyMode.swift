package import Domain

/// When emergency mode begins, goes on and ends.
///
///     calm -needed for 15 s-> on, by itself -not needed for 5 min, or on for 12 h-> calm
///     calm, on by itself -ordered until T-> on, by hand -T has come, or called off-> calm
///
/// | what | bound |
/// |---|---|
/// | a need must last before it begins | 15 s |
/// | no need must last before it ends by itself | 5 min |
/// | by itself it is on for at most | 12 h |
/// | by hand it is on for at most | 24 h from each order |
/// | after it was called off, or has reached 12 h, it does not begin by itself for | 30 min |
///
/// One that was ordered never ends before its time unless somebody calls it off, and always ends at its time: if it is
/// needed still, it begins again by itself. Times are the wall clock's, because they outlive the process; a clock that
/// steps back by an hour lengthens by an hour what was begun before.
package struct EmergencyMode: Hashable, Sendable {
    /// How long a need must last before it begins.
    package static let settleIn = Duration.seconds(15)
    /// How long there must be no need before it ends by itself.
    package static let settleOut = Duration.seconds(300)
    /// How long it is on at most by itself.
    package static let ownMax = Duration.seconds(12 * 3_600)
    /// How long it is on at most by one order.
    package static let orderedMax = Duration.seconds(24 * 3_600)
    /// How long an order holds that says nothing else.
    package static let orderedDefault = Duration.seconds(2 * 3_600)
    /// How long it does not begin by itself after it was called off or has reached its bound.
    package static let quiet = Duration.seconds(1_800)

    /// An order of a person.
    package struct Order: Hashable, Sendable {
        /// Why, as it was written.
        package let reason: String
        /// Who: an API key's principal.
        package let by: String
        /// When it ends.
        package let until: Instant

        /// The longest reason, in bytes.
        package static let reasonBytesMax = 500

        /// Collects the parts.
        package init(reason: String, by: String, until: Instant) {
            self.reason = reason
            self.by = by
            self.until = until
        }
    }

    /// Why it ended.
    package enum End: String, Hashable, Sendable {
        /// What was in trouble works again, or the day is over.
        case recovered
        /// It was on for as long as it may.
        case bound
        /// The order's time has come.
        case orderEnded = "order_ended"
        /// Somebody called it off.
        case calledOff = "called_off"
    }

    /// What to do.
    package enum Action: Hashable, Sendable {
        /// It begins.
        case enter
        /// It goes on, longer or for another reason than before.
        case extend
        /// It ends.
        case leave(End)
        case none
    }

    /// Where it stands.
    package enum State: Hashable, Sendable {
        /// All is as always. `neededSince` is set while a need settles; before `quietUntil` no need counts.
        case calm(neededSince: Instant?, quietUntil: Instant?)
        /// On by itself; `clearSince` is set while nothing needs it.
        case needed(since: Instant, clearSince: Instant?)
        /// On by hand.
        case ordered(since: Instant, Order)
    }

    /// Where it stands.
    package private(set) var state: State

    /// All is as always.
    package init() {
        state = .calm(neededSince: nil, quietUntil: nil)
    }

    /// Goes on where it stood.
    package init(_ state: State) {
        self.state = state
    }

    /// Whether it is on.
    package var isOn: Bool {
        if case .calm = state { false } else { true }
    }

    /// Since when it is on.
    package var since: Instant? {
        switch state {
        case .calm: nil
        case .needed(let since, _), .ordered(let since, _): since
        }
    }

    /// When it ends at the latest.
    package var endsAt: Instant? {
        switch state {
        case .calm: nil
        case .needed(let since, _): since + Self.ownMax
        case .ordered(_, let order): order.until
        }
    }

    /// Takes in whether it is needed now; to be called every few seconds.
    package mutating func looked(isNeeded: Bool, now: Instant) -> Action {
        switch state {
        case .calm(let neededSince, let quietUntil):
            guard isNeeded, quietUntil.map({ now >= $0 }) ?? true else {
                state = .calm(neededSince: nil, quietUntil: quietUntil.flatMap { now < $0 ? $0 : nil })
                return .none
            }
            // A clock that has stepped back must not make a need wait for it.
            let since = min(neededSince ?? now, now)
            guard now - since >= Self.settleIn else {
                state = .calm(neededSince: since, quietUntil: nil)
                return .none
            }
            state = .needed(since: now, clearSince: nil)
            return .enter
        case .needed(let since, let clearSince):
            guard now - since < Self.ownMax else {
                state = .calm(neededSince: nil, quietUntil: now + Self.quiet)
                return .leave(.bound)
            }
            guard !isNeeded else {
                state = .needed(since: since, clearSince: nil)
                return .none
            }
            let clear = min(clearSince ?? now, now)
            guard now - clear >= Self.settleOut else {
                state = .needed(since: since, clearSince: clear)
                return .none
            }
            state = .calm(neededSince: nil, quietUntil: nil)
            return .leave(.recovered)
        case .ordered(_, let order):
            guard now >= order.until else { return .none }
            state = .calm(neededSince: isNeeded ? now : nil, quietUntil: nil)
            return .leave(.orderEnded)
        }
    }

    /// Takes in that somebody orders it, until a time that is moved to at most `orderedMax` from now.
    package mutating func ordered(_ order: Order, now: Instant) -> Action {
        let until = min(order.until, now + Self.orderedMax)
        guard until > now else { return .none }
        let bounded = Order(reason: order.reason, by: order.by, until: until)
        let before = since
        state = .ordered(since: before ?? now, bounded)
        return before == nil ? .enter : .extend
    }

    /// Takes in that somebody calls it off.
    package mutating func calledOff(now: Instant) -> Action {
        guard isOn else { return .none }
        state = .calm(neededSince: nil, quietUntil: now + Self.quiet)
        return .leave(.calledOff)
    }
}
