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
        case told(@Sendable () -> SignalText)
        case described(SignalText)
        case encoded(SignalText, Encoded)
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
    private let form: Mutex<Form>

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
        form = Mutex(.told(describe))
    }

    /// What it says.
    ///
    /// Two that look at the same time may both describe it: nothing calls out while locked.
    package var described: SignalText {
        switch form.withLock({ $0 }) {
        case .described(let text), .encoded(let text, _): return text
        case .told(let describe):
            let text = describe()
            form.withLock { form in
                if case .told = form { form = .described(text) }
            }
            return text
        }
    }

    /// What is sent of it.
    package var encoded: Encoded {
        if case .encoded(_, let encoded) = form.withLock({ $0 }) { return encoded }
        let text = described
        let place = "\(SignalPlace(id: id, milliseconds: max(0, at.milliseconds)))"
        let document: JSONValue = [
            "id": .string(place),
            "kind": .string(kind.rawValue),
            "at": .string(at.description),
            "subject": .string(text.subject),
            "wedding": wedding.map { .string($0.text) } ?? .null,
            "vendor": vendor.map { .string($0.text) } ?? .null,
            "body": text.body,
        ]
        let encoded = Encoded(place: Array(place.utf8), json: document.serialized())
        form.withLock { $0 = .encoded(text, encoded) }
        return encoded
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
