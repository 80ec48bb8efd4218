package import Domain

/// What an answer means for the attempt it belongs to.
package enum CallVerdict: Hashable, Sendable {
    /// The operation is done.
    case succeeded(CallOutcome)
    /// A step is done and the next one is to be asked of the dialect; the progress is stored first.
    case goOn(JSONValue)
    /// The provider is still at it: the dialect is asked for the next request after this long. The progress is stored.
    case wait(JSONValue, Duration)
    /// Definite, and not to be tried elsewhere: a declined card, a recipient who said STOP.
    case refused(ProviderFailure)
    /// Nothing happened: it may go elsewhere, or to the same provider again.
    case notApplied(ProviderFailure)
    /// It may or may not have happened.
    case inDoubt(ProviderFailure)
}

/// What a finished operation brought.
package struct CallOutcome: Hashable, Sendable {
    /// The normalised reply, as documented for the operation.
    package let reply: JSONValue
    /// What was made or is talked about, in the dialect's own words: later operations get it as their `target`.
    ///
    /// At most 512 bytes; nil when there is nothing to come back to.
    package let reference: String?
    /// What the provider's webhooks call the same thing (`ExternalReference`): a payment intent, a meeting.
    package let external: ExternalReference?

    /// Collects the parts.
    package init(reply: JSONValue, reference: String? = nil, external: ExternalReference? = nil) {
        self.reply = reply
        self.reference = reference
        self.external = external
    }
}

/// Why an attempt did not succeed.
package struct ProviderFailure: Hashable, Sendable {
    /// What the failure says about the provider, the caller and the credential.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The provider's own fault: no connection, a time-out, 5xx. Counts against its health.
        case unavailable
        /// Over a limit. Feeds the budget, never the breaker; `wait` tells for how long, if the provider did.
        case limited
        /// The credential is not accepted. Concerns the operator.
        case unauthorized
        /// The request cannot be fulfilled as it is: a bad value, a missing object. Concerns the caller.
        case rejected
        /// A definite refusal by a bank, a carrier or a recipient.
        case declined
        /// The thing asked for is not there.
        case notFound = "not_found"
        /// The same key is being worked on, or something else was changed meanwhile.
        case conflict
    }

    /// What sort of failure it is.
    package let kind: Kind
    /// The provider's own word for it, or the transport's: `card_declined`, `21610`, `timed_out`.
    ///
    /// At most 100 bytes.
    package let code: String
    /// A sentence for people, without secrets and card numbers, of at most 500 bytes.
    package let message: String
    /// How long the provider wants to be left alone; nil when it does not say.
    package let wait: Duration?

    /// The longest `code`, in bytes.
    package static let codeBytesMax = 100
    /// The longest `message`, in bytes.
    package static let messageBytesMax = 500

    /// Collects the parts; texts are cut at their limits.
    package init(_ kind: Kind, code: String, message: String, wait: Duration? = nil) {
        self.kind = kind
        self.code = Self.cut(code, Self.codeBytesMax)
        self.message = Self.cut(message, Self.messageBytesMax)
        self.wait = wait
    }

    private static func cut(_ text: String, _ bytesMax: Int) -> String {
        guard text.utf8.count > bytesMax else { return text }
        var end = text.startIndex
        var bytes = 0
        for index in text.indices {
            bytes += String(text[index]).utf8.count
            guard bytes <= bytesMax else { break }
            end = text.index(after: index)
        }
        return String(text[..<end])
    }
}

/// How to find out what became of an attempt in doubt.
package enum SettleStep: Hashable, Sendable {
    /// Send the last request once more, with the same key and the same bytes.
    case replay
    /// Ask this, and give the answer to `CallDialect.readSettled`.
    case ask(ProviderRequest)
    /// Nothing can be asked for this long.
    case wait(Duration)
    /// Nothing can be found out by a machine; the text says what a person should look at.
    case hold(String)
}

/// What the answer to a `SettleStep.ask` proves.
package enum SettleVerdict: Hashable, Sendable {
    /// It did happen.
    case succeeded(CallOutcome)
    /// It did not and will not happen.
    case dead(ProviderFailure)
    /// It was refused for good.
    case refused(ProviderFailure)
    /// Nothing is proved yet.
    case unknown
}
