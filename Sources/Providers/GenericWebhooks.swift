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

    let manners = WebhookManners(acknowledgement: .received)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        switch settings.authentication {
        case .hmac(let scheme): try scheme.verify(request, secrets: keys.secrets, now: now)
        case .token(let scheme): try scheme.verify(request, secrets: keys.secrets)
        }
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        switch settings.authentication {
        case .hmac: try HMACScheme.checkSecrets(secrets)
        case .token(let scheme): try scheme.checkSecrets(secrets)
        }
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let secret = keys.secrets.first else { return nil }
        let request = event.request(to: url)
        var headers: [(String, String)]
        switch settings.authentication {
        case .hmac(let scheme): headers = scheme.sign(request, secret: secret, now: now)
        case .token(let scheme): headers = scheme.sign(secret: secret)
        }
        if case .header(let name) = settings.id { headers.append((name, event.id)) }
        if case .header(let name) = settings.type { headers.append((name, event.type)) }
        return request.adding(headers)
    }

    /// Reads what the settings point at; parses the body only when they point into it.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let found = pointers.pointers.isEmpty ? [] : try scanned(request.body, pointers)
        let values = Dictionary(zip(pointers.pointers, found)) { first, _ in first }
        return .events([
            EventDescription(
                providerEventID: try id(request, values),
                type: try type(request, values),
                occurredAt: nil,
                orderingKey: settings.orderingPointer.flatMap { EventFields.orderingKey(values[$0] ?? nil) },
                priority: settings.priority
            )
        ])
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
