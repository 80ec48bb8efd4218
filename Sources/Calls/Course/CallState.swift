/// Where a call stands; raw values are stored.
package enum CallState: Int64, CaseIterable, Sendable {
    /// It waits for its first attempt or for the next one; no attempt is live.
    case queued = 0
    /// An attempt is on its way.
    case working = 1
    /// An attempt's end is not known; it is being found out.
    case inDoubt = 2
    /// It could not be found out: a person must look.
    case held = 3
    /// Done.
    case succeeded = 4
    /// Refused for good.
    case refused = 5
    /// Not done, and nothing has taken effect.
    case failed = 6

    /// The name in the API.
    package var name: String {
        switch self {
        case .queued: "queued"
        case .working: "working"
        case .inDoubt: "in_doubt"
        case .held: "held"
        case .succeeded: "succeeded"
        case .refused: "refused"
        case .failed: "failed"
        }
    }

    /// Whether nothing changes any more, unless late news of an attempt comes.
    package var isFinal: Bool { self == .succeeded || self == .refused || self == .failed }
}

/// Where an attempt stands; raw values are stored.
///
///     sending -> inDoubt -> succeeded
///        |          |-----> refused
///        |          '-----> dead ---.
///        '-> notApplied ------------+-late success-> compensating -> compensated
package enum AttemptState: Int64, CaseIterable, Sendable {
    /// Its request may be on its way.
    case sending = 0
    /// Nobody knows whether it took effect.
    case inDoubt = 1
    /// It took effect.
    case succeeded = 2
    /// It was refused for good.
    case refused = 3
    /// It did not take effect: the provider said so, or nothing was sent.
    case notApplied = 4
    /// It did not take effect, as was found out later.
    case dead = 5
    /// It took effect after all, when the call had moved on: it is being undone.
    case compensating = 6
    /// It took effect after all, and was undone.
    case compensated = 7

    /// The name in the API.
    package var name: String {
        switch self {
        case .sending: "sending"
        case .inDoubt: "in_doubt"
        case .succeeded: "succeeded"
        case .refused: "refused"
        case .notApplied: "not_applied"
        case .dead: "dead"
        case .compensating: "compensating"
        case .compensated: "compensated"
        }
    }

    /// Whether it holds the call: at most one attempt of a call does, which the database enforces.
    package var isLive: Bool { rawValue <= Self.succeeded.rawValue }
}
