package import Domain
import Synchronization

/// What a signal says beside its kind: made only when somebody looks at it.
package struct SignalText: Sendable {
    /// What it happened to.
    package let subject: String
    /// The rest, without secrets and without payloads.
    package let body: JSONValue

    /// Collects the parts.
    package init(_ subject: String, _ body: JSONValue = .object([])) {
        self.subject = subject
        self.body = body
    }
}

/// One signal as the hub keeps it: described and encoded at the first look, for all who watch.
package final class KeptSignal: Sendable {
    /// The bytes that every watcher is sent.
    package struct Encoded: Sendable {
        /// The signal's `SignalPlace` as text.
        package let place: [UInt8]
        /// The signal as a JSON object, on one line.
        package let json: [UInt8]
    }

    private enum Form {
        case told
        case described(SignalText)
        /// Without the text, which is several times as large: who asks for it yet has it made again.
        case encoded(Encoded, subject: String)
    }

    /// Its place.
    package let id: SignalID
    /// What it is about.
    package let kind: SignalKind
    /// When it happened.
    package let at: Instant
    /// The wedding it belongs to; nil without one.
    package let wedding: WeddingID?
    /// The vendor who may see it too; nil is for the platform alone.
    package let vendor: ResourceName?
    private let describe: @Sendable () -> SignalText
    private let form = Mutex(Form.told)

    init(
        id: SignalID,
        kind: SignalKind,
        at: Instant,
        wedding: WeddingID?,
        vendor: ResourceName?,
        describe: @escaping @Sendable () -> SignalText
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.wedding = wedding
        self.vendor = vendor
        self.describe = describe
    }

    /// What it happened to.
    package var subject: String {
        if case .encoded(_, let subject) = form.withLock({ $0 }) { return subject }
        return described.subject
    }

    /// What is sent of it.
    package var encoded: Encoded {
        if case .encoded(let encoded, _) = form.withLock({ $0 }) { return encoded }
        let text = described
        let place = Array("\(SignalPlace(id: id, milliseconds: max(0, at.milliseconds)))".utf8)
        var json: [UInt8] = []
        json.reserveCapacity(Self.usualBytes)
        json += #"{"id":""#.utf8
        json += place
        json += #"","kind":""#.utf8
        json += kind.rawValue.utf8
        json += #"","at":""#.utf8
        json += at.description.utf8
        json += #"","subject":"#.utf8
        JSONValue.string(text.subject).append(to: &json)
        json += #","wedding":"#.utf8
        (wedding.map { .string($0.text) } ?? JSONValue.null).append(to: &json)
        json += #","vendor":"#.utf8
        (vendor.map { .string($0.text) } ?? JSONValue.null).append(to: &json)
        json += #","body":"#.utf8
        text.body.append(to: &json)
        json += "}".utf8
        let encoded = Encoded(place: place, json: json)
        form.withLock { $0 = .encoded(encoded, subject: text.subject) }
        return encoded
    }

    /// Room for the text of most signals.
    private static let usualBytes = 320

    /// What it says.
    ///
    /// Two that look at the same time may both describe it: nothing calls out while locked.
    private var described: SignalText {
        if case .described(let text) = form.withLock({ $0 }) { return text }
        let text = describe()
        form.withLock { form in
            if case .told = form { form = .described(text) }
        }
        return text
    }

    /// The signal as a value.
    package var signal: Signal {
        let text = described
        return Signal(
            id: id,
            kind: kind,
            at: at,
            subject: text.subject,
            wedding: wedding,
            vendor: vendor,
            body: text.body
        )
    }
}
