package import Domain
package import Providers

/// One call as it is asked for.
package struct CallSubmission: Sendable {
    /// What a call is about, as callers name it.
    package enum Of: Hashable, Sendable {
        /// What an earlier call brought.
        case call(CallID)
        /// A thing at an integration, in the words of `reference`.
        case object(integration: ResourceName, reference: String?)
    }

    /// The longest reference, in bytes.
    package static let referenceBytesMax = 512
    /// How long a call may be tried unless it says otherwise: while a caller waits.
    package static let syncPatience = Duration.seconds(30)
    /// How long a call that nobody waits for may be tried unless it says otherwise.
    package static let asyncPatience = Duration.seconds(86_400)
    /// The farthest deadline.
    package static let patienceMax = Duration.seconds(30 * 86_400)

    /// What is asked for.
    package var operation: Operation
    /// The input as it came; it is checked before anything is stored.
    package var input: JSONValue
    /// What it is about.
    package var of: Of?
    /// The wedding it is for.
    package var wedding: WeddingID?
    /// The vendor it is for.
    package var vendor: ResourceName?
    /// How urgent it is; nil follows from the operation and the wedding.
    package var priority: Priority?
    /// When it is to be given up; nil is `syncPatience` or `asyncPatience` from now.
    package var deadline: Instant?
    /// Whether the result leaves as an event and nobody waits.
    package var isAsync: Bool
    /// Whether a read is to be asked of the provider, whatever was answered lately.
    package var isFresh: Bool
    /// Whether what the provider sends is kept as it comes, also when the call succeeds.
    package var keepsRaw: Bool
    /// The caller's `Idempotency-Key`.
    package var key: String?

    /// Describes a call.
    package init(
        _ operation: Operation,
        input: JSONValue,
        of: Of? = nil,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil,
        priority: Priority? = nil,
        deadline: Instant? = nil,
        isAsync: Bool = false,
        isFresh: Bool = false,
        keepsRaw: Bool = false,
        key: String? = nil
    ) {
        self.operation = operation
        self.input = input
        self.of = of
        self.wedding = wedding
        self.vendor = vendor
        self.priority = priority
        self.deadline = deadline
        self.isAsync = isAsync
        self.isFresh = isFresh
        self.keepsRaw = keepsRaw
        self.key = key
    }

    /// What two requests with the same key must agree on.
    var fingerprint: JSONValue {
        let target: JSONValue =
            switch of {
            case nil: .null
            case .call(let id): .string("\(id)")
            case .object(let integration, let reference):
                ["\(integration)", reference.map { .string($0) } ?? .null]
            }
        let options: [JSONValue] = (isFresh ? ["fresh"] : []) + (keepsRaw ? ["raw"] : [])
        return .array(
            [
                .string(operation.rawValue), input, target, wedding.map { .string($0.text) } ?? .null,
                vendor.map { .string($0.text) } ?? .null, .bool(isAsync),
            ] + options
        )
    }
}
