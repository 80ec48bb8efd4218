import Domain
import Signatures

/// The webhooks of any other sender, as its settings describe them.
struct GenericWebhooks: WebhookScheme {
    let settings: GenericSettings
    private let pointers: JSONPointerSet

    init(settings: GenericSettings) {
        self.settings = settings
        pointers = JSONPointerSet(
            [settings.id?.pointer, settings.type?.pointer, settings.orderingPointer].compactMap(\.self)
        )
    }

    var acknowledgement: Acknowledgement { .received }

    func verify(_ request: WebhookRequest, secrets: [Secret], now: Instant) throws(SignatureError) -> Int {
        switch settings.authentication {
        case .hmac(let scheme): try scheme.verify(request, secrets: secrets, now: now)
        case .token(let scheme): try scheme.verify(request, secrets: secrets)
        }
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        switch settings.authentication {
        case .hmac: try HMACScheme.checkSecrets(secrets)
        case .token(let scheme): try scheme.checkSecrets(secrets)
        }
    }

    func sign(_ event: SampleEvent, url: String, secrets: [Secret], now: Instant) -> [(String, String)] {
        var headers: [(String, String)] = []
        if let secret = secrets.first {
            switch settings.authentication {
            case .hmac(let scheme):
                let request = WebhookRequest(url: url, headers: Headers(), body: event.body)
                headers += scheme.sign(request, secret: secret, now: now)
            case .token(let scheme): headers += scheme.sign(secret: secret)
            }
        }
        if case .header(let name) = settings.id { headers.append((name, event.id)) }
        if case .header(let name) = settings.type { headers.append((name, event.type)) }
        return headers
    }

    /// Reads what the settings point at; parses the body only when they point into it.
    func describe(_ request: WebhookRequest) throws(DescriptionError) -> EventDescription {
        let found = pointers.pointers.isEmpty ? [] : try scanned(request.body, pointers)
        let values = Dictionary(zip(pointers.pointers, found)) { first, _ in first }
        return EventDescription(
            providerEventID: try id(request, values),
            type: try type(request, values),
            occurredAt: nil,
            orderingKey: settings.orderingPointer.flatMap { EventFields.orderingKey(values[$0] ?? nil) },
            priority: settings.priority
        )
    }

    private typealias Values = [JSONPointer: JSONScanner.Found?]

    private func id(_ request: WebhookRequest, _ values: Values) throws(DescriptionError) -> [UInt8] {
        switch settings.id {
        case .header(let name):
            return try EventFields.id(try header(name, request), "the header \(name)")
        case .pointer(let pointer):
            return try EventFields.id(values[pointer] ?? nil, "`\(pointer)`")
        case nil:
            guard case .hmac(let scheme) = settings.authentication else { return sha256([request.body]) }
            guard let digest = try? scheme.digest(request) else { throw .invalid("the timestamp header") }
            return digest
        }
    }

    private func type(_ request: WebhookRequest, _ values: Values) throws(DescriptionError) -> String {
        switch settings.type {
        case .header(let name):
            return try EventFields.type(try header(name, request), "the header \(name)")
        case .pointer(let pointer):
            return try EventFields.type(values[pointer] ?? nil, "`\(pointer)`")
        case nil:
            return settings.typeConstant
        }
    }

    /// The one value of a header; two are refused as two signatures are.
    private func header(
        _ name: String,
        _ request: WebhookRequest
    ) throws(DescriptionError) -> JSONScanner.Found? {
        let values = request.headers.values(name)
        guard values.count <= 1 else { throw .invalid("the header \(name)") }
        return values.first.map { .string(Array($0.utf8)) }
    }
}

extension GenericSettings.Place {
    /// The pointer of a place in the body.
    fileprivate var pointer: JSONPointer? {
        guard case .pointer(let pointer) = self else { return nil }
        return pointer
    }
}
