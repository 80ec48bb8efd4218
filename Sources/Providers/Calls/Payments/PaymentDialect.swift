import Domain
import Resilience

/// The limits by which an attempt in doubt is settled, the same at every processor.
enum PaymentSettling {
    /// How often the request itself is sent again: a stored 500 is replayed for ever, so after these the processor is
    /// asked.
    static let replaysMax = 2
    /// How often it is tried to find out before a person has to look.
    static let roundsMax = 40
    /// How old a request must be before its absence in an authoritative look-up proves that it will not happen: longer
    /// than any processor works on one, and than an account's list lags behind.
    static let absenceAgeMin = Duration.seconds(600)
    /// How often it must have been tried to find out before that: ages are of the wall clock, which may step by hours,
    /// but one step ends one wait only, and the others together are longer than `absenceAgeMin`.
    static let absenceRoundMin = 8

    /// Whether a request is so old that its absence proves that it will not happen.
    static func isOld(_ age: Duration, round: Int) -> Bool {
        age >= absenceAgeMin && round >= absenceRoundMin
    }
}

extension CallRequest {
    /// The input of a charge or an authorization.
    func paymentInput() throws(CallInputError) -> PaymentInput {
        guard case .payment(let input) = input else { throw operationUnsupported }
        return input
    }

    /// The input of what changes or reads a payment.
    func paymentChange() throws(CallInputError) -> PaymentChangeInput {
        guard case .paymentChange(let input) = input else { throw operationUnsupported }
        return input
    }

    /// The amount that is asked for; nil is all of it.
    var askedAmount: Money? {
        switch input {
        case .payment(let input): input.amount
        case .paymentChange(let input): input.amount
        default: nil
        }
    }

    /// Says that the processor cannot do this.
    var operationUnsupported: CallInputError {
        CallInputError(.unsupportedOperation, at: "", "\(operation) is nothing that a payment processor does")
    }

    /// Says that the payment named by `of` is none that the operation can be about.
    var targetUnknown: CallInputError {
        CallInputError(
            .invalidField,
            at: "/of",
            "must name a payment at this processor on which \(operation) is possible"
        )
    }
}

/// Texts of processors, made fit for people and logs.
enum PaymentText {
    /// A processor's sentence in one line, with every run of 12 or more digits, which may be a card's, left out.
    static func plain(_ text: String) -> String {
        var result = ""
        var digits = ""
        for scalar in text.unicodeScalars {
            if ("0"..."9").contains(scalar) {
                digits.unicodeScalars.append(scalar)
                continue
            }
            result += shown(digits)
            digits = ""
            let isControl = scalar.value < 0x20 || scalar.value == 0x7F
            result.unicodeScalars.append(isControl ? " " : scalar)
        }
        return result + shown(digits)
    }

    /// The longest beginning of `text` that has at most `bytesMax` bytes.
    static func cut(_ text: String, bytesMax: Int) -> String {
        guard text.utf8.count > bytesMax else { return text }
        var result = ""
        var bytes = 0
        for character in text {
            bytes += character.utf8.count
            guard bytes <= bytesMax else { break }
            result.append(character)
        }
        return result
    }

    private static func shown(_ digits: String) -> String {
        digits.utf8.count >= 12 ? "…" : digits
    }
}

extension ProviderAnswer {
    /// The wait that `Retry-After` asks for.
    var retryAfter: Duration? {
        headers.first("retry-after").flatMap { RetryAfter.parse($0, now: at) }
    }

    /// Whether the status is 2xx.
    var isSuccess: Bool { (200...299).contains(status) }
}

extension ExternalReference {
    /// An object at a payment processor; nil when the processor's id breaks the rule of references.
    static func payment(_ provider: APIProvider, _ kind: String, _ id: String) -> ExternalReference? {
        guard let provider = ResourceName(provider.rawValue), let kind = ResourceName(kind) else {
            return nil
        }
        return ExternalReference(provider: provider, kind: kind, objectID: id)
    }
}

extension CallVerdict {
    /// The verdict as what an in-doubt attempt learns from it.
    var settled: SettleVerdict {
        switch self {
        case .succeeded(let outcome): .succeeded(outcome)
        case .refused(let failure): .refused(failure)
        case .notApplied(let failure): .dead(failure)
        case .goOn, .wait, .inDoubt: .unknown
        }
    }
}
