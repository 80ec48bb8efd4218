import Domain
import Providers

/// A call that this process has taken on, with everything at hand.
struct CallWork: Sendable {
    /// The call as stored; `epoch` is ours.
    var call: StoredCall
    /// Its input, opened.
    let input: CallInput
    /// Its attempts, oldest first.
    var attempts: [StoredAttempt]
    /// The progress of the live attempt, opened.
    var progress: JSONValue
    /// The content to store, for uploads.
    let content: StoredContent?
    /// Whether the live attempt was begun by somebody else, who may have died.
    var isTakenOver: Bool
    /// Whether the last attempt's end is not stored yet: it goes into the transaction of what follows.
    var isEndUnsaved = false
    /// What the provider sent last in the latest attempt; nil before it did.
    var lastAnswer: LastAnswer?
    /// The flight of reads that this call leads.
    var flight: UInt64?
    /// How many flights it has waited for.
    var follows = 0
    /// How often it has found all places taken.
    var waits = 0
    /// The right to send the next request, when it was given already.
    var passage: CallDesk.Passage?

    /// The rules of the course, as far as it has come.
    var course: CallCourse {
        CallCourse(
            attempts: attempts.map {
                CallCourse.Attempt(integration: $0.integration, state: $0.state, failure: $0.failure?.kind)
            },
            deadline: call.deadline
        )
    }

    /// The attempt that holds the call.
    var live: StoredAttempt? { attempts.last { $0.state.isLive } }

    /// What the dialect of `integration` is asked; nil when it cannot do it.
    func request(_ attempt: StoredAttempt, at integration: CallIntegration) -> CallRequest? {
        request(id: attempt.id, startedAt: attempt.startedAt, at: integration)
    }

    /// What the dialect of `integration` would be asked by an attempt of this id.
    func request(id: CallAttemptID, startedAt: Instant, at integration: CallIntegration) -> CallRequest? {
        let operations = integration.dialect.facts.operations
        var operation = call.operation
        var input = input
        if !operations.contains(operation) {
            // The last resort of an SMS: an e-mail to the same person, where the caller allows it.
            guard case .sms(let sms) = input, let address = sms.fallbackEmail, operations.contains(.emailSend)
            else {
                return nil
            }
            operation = .emailSend
            input = .email(EmailInput(to: address, subject: Self.subject(of: sms.body), text: sms.body))
        }
        return CallRequest(
            operation: operation,
            input: input,
            target: call.target?.reference,
            key: AttemptKey.make(id, of: call.id),
            tag: call.id.description,
            startedAt: startedAt,
            content: content
        )
    }

    /// The first line of a text, at most 78 characters of it (RFC 5322 section 2.1.1).
    private static func subject(of text: String) -> String {
        let line = text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }
        return line.count <= 78 ? String(line) : line.prefix(77) + "…"
    }
}
