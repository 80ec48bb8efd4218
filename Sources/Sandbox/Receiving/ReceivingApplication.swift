package import Domain
package import Signatures

/// The wedding platform's own application as a webhook receiver: checks signatures, and fails now and then.
///
/// A value: what it answers follows from its seed and the order of requests. It remembers which `webhook-id` it has
/// taken, so that what came twice is counted.
package struct ReceivingApplication: Sendable {
    /// The most deliveries that are remembered.
    package static let recordsMax = 200_000

    /// How often it fails, in requests per thousand that carry a good signature; the sum is at most 1000.
    package struct Behaviour: Hashable, Sendable {
        /// 500.
        package var failing: Int
        /// 503 with `Retry-After`.
        package var busy: Int
        /// No answer at all.
        package var silent: Int
        /// Events, not requests, that it can never process: 500 each time.
        package var poisoned: Int
        /// What `Retry-After` says, in seconds.
        package var retryAfterSeconds: ClosedRange<Int>

        /// Never fails.
        package static let steady = Behaviour(failing: 0, busy: 0, silent: 0, poisoned: 0)

        /// Makes a behaviour.
        package init(
            failing: Int,
            busy: Int,
            silent: Int,
            poisoned: Int,
            retryAfterSeconds: ClosedRange<Int> = 1...3
        ) {
            precondition(min(failing, busy, silent, poisoned) >= 0, "nothing happens less than never")
            precondition(
                failing + busy + silent <= 1_000 && poisoned <= 1_000,
                "nothing happens more than always"
            )
            self.failing = failing
            self.busy = busy
            self.silent = silent
            self.poisoned = poisoned
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// What it answers.
    package enum Answer: Hashable, Sendable {
        /// 200: taken.
        case accepted
        /// 401: not signed by Usher.
        case refused
        /// 500.
        case failed
        /// 503 with `Retry-After` in seconds.
        case busy(retryAfterSeconds: Int)
        /// Nothing; the sender's time runs out.
        case silence

        /// The status; nil for silence.
        package var status: Int? {
            switch self {
            case .accepted: 200
            case .refused: 401
            case .failed: 500
            case .busy: 503
            case .silence: nil
            }
        }
    }

    /// What it remembers of one `webhook-id`.
    package struct Record: Hashable, Sendable {
        /// The `webhook-id`.
        package let webhookID: String
        /// When it first came.
        package let firstAt: Instant
        /// Requests that carried it with a good signature.
        package fileprivate(set) var requests = 0
        /// Requests that were answered with 200; more than 1 is a double.
        package fileprivate(set) var accepted = 0
        /// Its place among all that were accepted, from 0; nil until then.
        package fileprivate(set) var acceptedNumber: Int?
        fileprivate let isPoisoned: Bool
    }

    private let secrets: [Secret]
    private let behaviour: Behaviour
    private var dice: Dice
    private var records = BoundedRecord<Record>(countMax: recordsMax)

    /// Different `webhook-id`s that were accepted.
    package private(set) var accepted = 0
    /// Requests that were accepted although their `webhook-id` had been before.
    package private(set) var doubled = 0
    /// Requests after the first of their `webhook-id`.
    package private(set) var repeated = 0
    /// Requests whose signature was not Usher's.
    package private(set) var refused = 0

    /// Makes an application that believes any of `secrets` (`whsec_…`).
    package init(secrets: [Secret], behaviour: Behaviour, seed: UInt64) {
        self.secrets = secrets
        self.behaviour = behaviour
        dice = Dice(seed: seed)
    }

    /// Everything that is remembered, in the order in which it first came.
    package var inOrder: [Record] { records.inOrder }

    /// What is remembered of a `webhook-id`.
    package subscript(webhookID: String) -> Record? { records[webhookID] }

    /// Takes one request and decides what to answer.
    package mutating func receive(_ request: WebhookRequest, now: Instant) -> Answer {
        guard (try? StandardWebhooksSignature.verify(request, secrets: secrets, now: now)) != nil,
            let webhookID = request.headers.first(StandardWebhooksSignature.idHeader)
        else {
            refused += 1
            return .refused
        }
        var record = records[webhookID] ?? newRecord(webhookID, now: now)
        record.requests += 1
        if record.requests > 1 { repeated += 1 }
        let answer = record.isPoisoned ? .failed : draw()
        if answer == .accepted {
            record.accepted += 1
            if record.accepted > 1 {
                doubled += 1
            } else {
                record.acceptedNumber = accepted
                accepted += 1
            }
        }
        records[webhookID] = record
        return answer
    }

    private mutating func newRecord(_ webhookID: String, now: Instant) -> Record {
        let isPoisoned = dice.happens(perMille: behaviour.poisoned)
        return Record(webhookID: webhookID, firstAt: now, isPoisoned: isPoisoned)
    }

    private mutating func draw() -> Answer {
        let drawn = dice.number(0...999)
        let busyFrom = behaviour.failing
        let silentFrom = busyFrom + behaviour.busy
        return switch drawn {
        case ..<busyFrom: .failed
        case ..<silentFrom: .busy(retryAfterSeconds: dice.number(behaviour.retryAfterSeconds))
        case ..<(silentFrom + behaviour.silent): .silence
        default: .accepted
        }
    }
}
