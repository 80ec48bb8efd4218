/// Why a call goes where it goes, or does not go at all.
package enum FailoverReason: Hashable, Sendable, CustomStringConvertible {
    /// The first of the route serves.
    case first
    /// The operation is about something at this very integration (a capture, a refund, a cancellation).
    case target
    /// An operator sent all calls there.
    case operatorOrder(String)
    /// The one before it is not called, fully or in part.
    case breaker(CallBreaker.Refusal)
    /// The one before it has too many calls in flight.
    case full
    /// The one before it would make the call wait this long for its rate budget.
    case budget(Duration)
    /// The one before it cannot serve this call: no payment source for it, no such operation.
    case unable
    /// The one before it does badly, and this share of the calls is taken away from it.
    case shifted(share: Double)
    /// The one before gets slower, and this call finds out whether the next one works.
    case canary
    /// Nothing could serve before the deadline.
    case deadline
    /// The route has nothing that can serve this call.
    case nothing

    /// A stable word, fit for a metric's label.
    package var code: String {
        switch self {
        case .first: "first"
        case .target: "target"
        case .operatorOrder: "operator"
        case .breaker(.open): "open"
        case .breaker(.probing): "probing"
        case .breaker(.ramping): "ramping"
        case .breaker(.held): "held"
        case .full: "full"
        case .budget: "budget"
        case .unable: "unable"
        case .shifted: "shifted"
        case .canary: "canary"
        case .deadline: "deadline"
        case .nothing: "nothing"
        }
    }

    /// Whether what stands in the way is over at a time that is known.
    var isCertain: Bool {
        switch self {
        case .budget, .full: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .first: "the first of the route serves"
        case .target: "the operation belongs to this integration"
        case .operatorOrder(let reason): "an operator sent it here: \(reason)"
        case .breaker(.open): "the one before is not called because it fails"
        case .breaker(.probing): "the one before is being tried"
        case .breaker(.ramping): "the one before comes back in steps"
        case .breaker(.held): "the one before is switched off by an operator"
        case .full: "the one before has too many calls in flight"
        case .budget(let wait): "the one before has no rate left for \(max(wait.components.seconds, 1)) s"
        case .unable: "the one before cannot serve this call"
        case .shifted(let share):
            "\(Int((share * 100).rounded())) % of the calls leave the one before, which does badly"
        case .canary: "the one before gets slower, and one call in a hundred tries the next"
        case .deadline: "nothing can serve before the deadline"
        case .nothing: "no integration of the route can serve this call"
        }
    }
}
