package import Domain
package import Providers

/// Why a call was not taken in; nothing has been sent.
package enum CallError: Error, Sendable, CustomStringConvertible {
    /// The input cannot be used.
    case input(CallInputError)
    /// No integration serves the operation, or none that the caller may use.
    case noIntegration(Operation)
    /// What the call is about is not known, or not the caller's.
    case unknownTarget
    /// The operation needs `of`, or must not have it.
    case target(needed: Bool)
    /// The key was used for something else.
    case keyReused
    /// The key's call is being worked on by the same request at the same time.
    case keyInFlight(CallID)
    /// The key is empty, too long or not printable ASCII.
    case badKey
    /// The wedding or vendor is not known.
    case unknownOwner(String)
    /// The deadline has passed or lies too far ahead.
    case badDeadline
    /// There is more work than is taken on.
    case overloaded
    /// The call is over, or being worked on: a person cannot settle it.
    case notInDoubt

    /// A stable word, fit for metric labels and problem documents.
    package var code: String {
        switch self {
        case .input(let error): error.code.rawValue
        case .noIntegration: "no_integration"
        case .unknownTarget: "target_unknown"
        case .target: "target_invalid"
        case .keyReused: "idempotency_key_reused"
        case .keyInFlight: "idempotency_key_in_flight"
        case .badKey: "idempotency_key_invalid"
        case .unknownOwner: "owner_unknown"
        case .badDeadline: "deadline_invalid"
        case .overloaded: "overloaded"
        case .notInDoubt: "not_in_doubt"
        }
    }

    package var description: String {
        switch self {
        case .input(let error): "\(error.pointer.isEmpty ? "the input" : error.pointer) \(error.description)"
        case .noIntegration(let operation):
            "no integration serves \(operation): add one to `integrations` and, if there is a route for "
                + "\(operation.capability), to its order"
        case .unknownTarget: "there is no such call or integration, or it has nothing to work on"
        case .target(let needed):
            needed
                ? "say what it is about: {\"call\": \"call_…\"} or {\"integration\": …, \"reference\": …} in `of`"
                : "`of` does not belong to this operation"
        case .keyReused: "this Idempotency-Key was used for another request: use a new one for each operation"
        case .keyInFlight:
            "a request with this Idempotency-Key is being worked on: ask again for the same answer"
        case .badKey: "an Idempotency-Key has 1 to 255 printable ASCII characters"
        case .unknownOwner(let what): "there is no \(what) of that id"
        case .badDeadline: "the deadline must lie ahead, by at most 30 days"
        case .overloaded: "more calls are in flight than are taken on at a time"
        case .notInDoubt: "only a call that is in doubt or held can be settled by hand"
        }
    }
}
