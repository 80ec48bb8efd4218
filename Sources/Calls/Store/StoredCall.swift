package import Domain
package import Providers

/// One call as it is stored; what only its owner may read is sealed.
package struct StoredCall: Sendable {
    /// Its id.
    package let id: CallID
    /// Whose key asked for it: an API key's principal, or `usher` for Usher's own.
    package let owner: String
    /// What is asked for.
    package let operation: Operation
    /// The wedding it is for.
    package let wedding: WeddingID?
    /// The vendor it is for.
    package let vendor: ResourceName?
    /// How urgent it is by itself.
    package let priority: Priority
    /// When it is given up if nothing has taken effect.
    package let deadline: Instant
    /// Whether the result leaves as an event.
    package let isAsync: Bool
    /// Where it stands.
    package var state: CallState
    /// When somebody is to look at it next, or until when somebody does; nil once it is over.
    package var dueAt: Instant?
    /// Raised by each that takes it on: who has an older one must not write.
    package var epoch: Int64
    /// The sealed input.
    package let input: [UInt8]
    /// What it is about, at which integration; nil for what is new.
    package let target: CallTarget?
    /// The content to store; nil but for uploads.
    package let content: ContentID?
    /// Where it succeeded.
    package var integration: Int64?
    /// What it brought, in the dialect's words.
    package var reference: String?
    /// The sealed reply; nil until it succeeded.
    package var reply: [UInt8]?
    /// Why it did not succeed.
    package var failure: ProviderFailure?
    /// The attempt whose late success this call undoes; nil for what was asked for.
    package let undoes: CallAttemptID?
    /// Whether a read was to be asked of the provider, whatever was answered lately.
    package let isFresh: Bool
    /// Whether what the provider sends is kept as it comes, also when the call succeeds.
    package let keepsRaw: Bool
    /// The call whose answer this one took, where both are of one owner; nil when it asked the provider itself.
    package var answeredFrom: CallID?
    /// When that answer was there; nil when it asked the provider itself.
    package var answeredAt: Instant?
    /// When it came.
    package let createdAt: Instant
    /// When it was over.
    package var finishedAt: Instant?
}

/// What a call is about: something that lives at one integration.
package struct CallTarget: Hashable, Sendable {
    /// Where it lives.
    package let integration: Int64
    /// What it is, in the dialect's words; nil for a calendar's `create` and `changes`, which need the place alone.
    package let reference: String?

    /// Names a target.
    package init(integration: Int64, reference: String?) {
        self.integration = integration
        self.reference = reference
    }
}

/// One attempt as it is stored.
package struct StoredAttempt: Sendable {
    /// Its id.
    package let id: CallAttemptID
    /// Its number within the call, from 1.
    package let number: Int
    /// Where it went.
    package let integration: Int64
    /// Where it stands.
    package var state: AttemptState
    /// The sealed progress of its conversation; nil before the first step is done.
    package var progress: [UInt8]?
    /// How often it was tried to find out what became of it.
    package var rounds: Int
    /// When it began.
    package let startedAt: Instant
    /// When its last request with an effect left; nil when none did.
    package var sentAt: Instant?
    /// When it ended.
    package var endedAt: Instant?
    /// The status of the last answer; nil without one.
    package var status: Int?
    /// Why it did not succeed.
    package var failure: ProviderFailure?
    /// What it brought, in the dialect's words.
    package var reference: String?
}

/// A call that is to be stored.
package struct NewCall: Sendable {
    /// The call itself, before its first attempt.
    package var call: StoredCall
    /// The keyed hash of the caller's `Idempotency-Key`; nil when it gave none.
    package var keyHash: [UInt8]?
    /// The hash of what was asked for: the same key with another one is refused.
    package var bodyHash: [UInt8]
}
