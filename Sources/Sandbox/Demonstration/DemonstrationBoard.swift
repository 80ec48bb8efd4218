import Providers

/// What the demonstration shows: counts what happens and puts each happening into a line.
package struct DemonstrationBoard: Sendable {
    /// One thing that happened.
    package enum Happening: Hashable, Sendable {
        /// A webhook arrived at Usher, of the sandbox's event `id`.
        case arrived(
            source: String,
            type: String,
            id: String,
            kind: StripeShipment.Kind,
            attempt: Int,
            status: Int?
        )
        /// A provider asked whether the URL is ours; `status` is what Usher answered.
        case asked(source: String, type: String, status: Int?)
        /// Usher tried to deliver.
        case tried(ReceivedDelivery)
        /// Usher has given up on a delivery.
        case died(delivery: String, type: String, destination: String, attempts: Int)
        /// Payments were made, by these integrations; `others` are refused or not done.
        case paid(by: [String: Int], others: Int)
        /// The scene goes on.
        case scene(String, Tone)
    }

    /// The mood of a line: what colour it gets.
    package enum Tone: Hashable, Sendable {
        case arrival
        case success
        case trouble
        case loss
        case quiet
    }

    /// One line for people.
    package struct Line: Hashable, Sendable {
        /// Its mood.
        package let tone: Tone
        /// `in`, `out` or `dead`.
        package let sign: String
        /// The source or the destination.
        package let place: String
        /// The event's type.
        package let type: String
        /// What happened.
        package let text: String
    }

    /// Webhooks that Usher acknowledged, each event once.
    package private(set) var received = 0
    /// Events that the application took, each once.
    package private(set) var delivered = 0
    /// Tries after the first of an event.
    package private(set) var retried = 0
    /// Deliveries that Usher gave up.
    package private(set) var dead = 0
    /// Events that the application took more than once.
    package private(set) var doubled = 0
    /// Forged webhooks that Usher refused.
    package private(set) var refused = 0
    /// Payments that were made through Usher.
    package private(set) var paid = 0

    private var acknowledged = BoundedRecord<Bool>(countMax: 100_000)
    private var taken = BoundedRecord<Set<String>>(countMax: 100_000)

    /// An empty board.
    package init() {}

    /// Books a happening and says how it reads.
    package mutating func happened(_ happening: Happening) -> Line {
        switch happening {
        case .arrived(let source, let type, let id, let kind, let attempt, let status):
            let (tone, text) = arrival(id, kind, attempt, status)
            return Line(tone: tone, sign: "in", place: source, type: type, text: text)
        case .asked(let source, let type, let status):
            let isAnswered = status.map { (200...299).contains($0) } ?? false
            let text = isAnswered ? "the handshake is answered" : "the handshake failed"
            let answer = status.map { "\($0): \(text)" } ?? "no answer: \(text)"
            return Line(
                tone: isAnswered ? .quiet : .loss,
                sign: "in",
                place: source,
                type: type,
                text: answer
            )
        case .tried(let delivery):
            let (tone, text) = tried(delivery)
            let ending = Self.wedding(of: delivery)
            return Line(tone: tone, sign: "out", place: "app", type: delivery.type, text: text + ending)
        case .died(let delivery, let type, let destination, let attempts):
            dead += 1
            let text = "given up after \(attempts) tries; again with: usher dead-letters replay \(delivery)"
            return Line(tone: .loss, sign: "dead", place: destination, type: type, text: text)
        case .paid(let integrations, let others): return payments(integrations, others)
        case .scene(let text, let tone):
            return Line(tone: tone, sign: "call", place: "payments", type: "", text: text)
        }
    }

    /// The counts in one line.
    package var summary: String {
        "received \(received), delivered \(delivered), retried \(retried), dead \(dead), doubled \(doubled), "
            + "forged and refused \(refused)" + (paid > 0 ? ", paid \(paid)" : "")
    }

    private mutating func payments(_ integrations: [String: Int], _ others: Int) -> Line {
        let count = integrations.values.reduce(0, +)
        paid += count
        let parts = integrations.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }
        let ending = others > 0 ? ", \(others) not done" : ""
        return Line(
            tone: others > 0 ? .trouble : .success,
            sign: "call",
            place: "payments",
            type: "payments.charge",
            text: "\(count) paid" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")) + ending
        )
    }

    /// What stands at a line's end: the wedding's title, and whether it goes before everything else.
    private static func wedding(of delivery: ReceivedDelivery) -> String {
        guard let wedding = delivery.wedding else { return "" }
        let title = SampleCast.couples.first { $0.wedding == wedding }?.title ?? wedding
        return "  [\(title)\(delivery.priority == "critical" ? ", today: goes first" : "")]"
    }

    private mutating func arrival(
        _ id: String,
        _ kind: StripeShipment.Kind,
        _ attempt: Int,
        _ status: Int?
    ) -> (Tone, String) {
        let again = attempt > 1 ? " (try \(attempt) of the sender)" : ""
        guard let status else { return (.trouble, "no answer; the sender will try again" + again) }
        if kind == .forged {
            guard !(200...299).contains(status) else {
                return (.loss, "\(status) to a forged signature: this must not happen")
            }
            refused += 1
            return (.quiet, "\(status): the signature is forged, refused")
        }
        guard (200...299).contains(status) else {
            return (.trouble, "\(status); the sender will try again" + again)
        }
        guard acknowledged[id] == nil else { return (.quiet, "\(status): it is stored already" + again) }
        acknowledged[id] = true
        received += 1
        return (.arrival, "\(status): stored" + again)
    }

    private mutating func tried(_ delivery: ReceivedDelivery) -> (Tone, String) {
        let attempt = delivery.attempt
        if attempt > 1 { retried += 1 }
        let count = attempt > 1 ? " (try \(attempt))" : ""
        switch delivery.answer {
        case .accepted:
            return taken(delivery, count)
        case .failed: return (.trouble, "500: will be tried again" + count)
        case .busy(let seconds): return (.trouble, "503: will be tried again after \(seconds) s" + count)
        case .silence: return (.trouble, "no answer from the app" + count)
        case .refused: return (.loss, "401: the app does not believe the signature" + count)
        }
    }

    /// A second delivery of the same event is a replay; the same delivery twice is a double.
    private mutating func taken(_ delivery: ReceivedDelivery, _ count: String) -> (Tone, String) {
        let earlier = taken[delivery.webhookID] ?? []
        taken[delivery.webhookID] = earlier.union([delivery.deliveryID])
        guard !earlier.contains(delivery.deliveryID) else {
            doubled += 1
            return (.trouble, "taken a second time" + count)
        }
        guard earlier.isEmpty else { return (.success, "delivered again: a replay" + count) }
        delivered += 1
        return (.success, "delivered" + count)
    }
}
