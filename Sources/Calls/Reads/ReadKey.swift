package import Domain
package import Providers

/// What makes two reads the same: one answer serves both.
///
/// Texts are compared as bytes: two spellings of one letter are two keys of a store.
package struct ReadKey: Hashable, Sendable {
    /// What is asked for.
    package let operation: Operation
    /// About what, in the dialect's words.
    package let target: [UInt8]?
    /// With what, normalised.
    package let input: [UInt8]
    /// The integrations that may answer, best first: whose credential is used is part of the question.
    package let places: [Int64]

    /// Collects the parts.
    ///
    /// - Parameter places: the integrations that may answer, best first.
    package init(_ operation: Operation, target: String?, input: [UInt8], places: [Int64]) {
        self.operation = operation
        self.target = target.map { Array($0.utf8) }
        self.input = input
        self.places = places
    }

    /// The key of a call's read; nil for what is never shared.
    init?(_ work: CallWork, _ candidates: [CallIntegration]) {
        guard work.call.operation.isShareable, let input = work.input.readIdentity else { return nil }
        self.init(
            work.call.operation,
            target: work.call.target?.reference,
            input: input,
            places: candidates.map(\.id)
        )
    }

    /// The same question to one integration.
    func at(_ place: Int64) -> ReadKey {
        ReadKey(operation: operation, target: target, input: input, places: [place])
    }

    private init(operation: Operation, target: [UInt8]?, input: [UInt8], places: [Int64]) {
        self.operation = operation
        self.target = target
        self.input = input
        self.places = places
    }
}

/// What a call brought, for others that ask the same.
package struct SharedAnswer: Sendable {
    /// The call that asked the provider.
    package let call: CallID
    /// Whose call it was.
    package let owner: String
    /// The provider's answer.
    package let outcome: CallOutcome
    /// Which integration answered.
    package let integration: Int64
    /// When it was there.
    package let answeredAt: Instant
    /// When it was there, on the monotonic clock.
    package let at: Duration

    /// Collects the parts.
    package init(
        call: CallID,
        owner: String,
        outcome: CallOutcome,
        integration: Int64,
        answeredAt: Instant,
        at: Duration
    ) {
        self.call = call
        self.owner = owner
        self.outcome = outcome
        self.integration = integration
        self.answeredAt = answeredAt
        self.at = at
    }
}
