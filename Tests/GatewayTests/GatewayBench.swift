import Access
import Domain
import Gateway
import HTTPAPI
import Health
import Logging
import Signatures
import Storage
import Synchronization
import Testing
import Transport
import UsherTesting
import Vault
import Webhooks

/// A whole gateway without sockets: requests go through the real router in process.
struct GatewayBench: Sendable {
    let services: Services
    let api: GatewayAPI
    let clock: ManualTime
    let upstream: ScriptedUpstream
    let admin: String
    private let numbers = Numbers()

    static let secret = "whsec_" + Base64.encode([UInt8](repeating: 1, count: 32))

    static func start(
        _ database: Database,
        hops: Int = 0,
        time: Time? = nil,
        streaming: StreamingUpstream? = nil
    ) async throws -> GatewayBench {
        let clock = ManualTime()
        let upstream = ScriptedUpstream()
        var ports = Services.Ports(
            time: time ?? clock.time,
            random: .seeded(1),
            upstream: upstream.upstream,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            publicURL: "https://hooks.example.com",
            addressPolicy: { AddressPolicy(allowPrivate: $0) }
        )
        ports.content = .database
        ports.trustedProxies = TrustedProxies(hops: hops)
        if let ops = ResourceName("ops") {
            let kind = AlertChannel.Kind.webhook(
                url: "https://ops.example.com",
                secret: nil,
                allowPrivate: false
            )
            ports.alertChannels = [AlertChannel(name: ops, kind: kind)]
        }
        if let streaming { ports.streaming = streaming }
        let services = try await Services(
            database: database,
            rootKey: .generate(random: .seeded(2)),
            ports: ports
        )
        let first = try #require(try await services.keys.ensureFirstAdminKey())
        return GatewayBench(
            services: services,
            api: services.api(ports),
            clock: clock,
            upstream: upstream,
            admin: first.text.shown
        )
    }

    /// Sends a request; `key` nil sends no key.
    func send(
        _ method: RequestMethod,
        _ target: String,
        _ body: JSONValue? = nil,
        key: String?,
        from address: String = "192.0.2.1"
    ) async throws -> APIResponse {
        var headers = Headers()
        if let key { headers.append("authorization", "Bearer \(key)") }
        if body != nil { headers.append("content-type", "application/json") }
        return try await send(method, target, headers, body?.serialized() ?? [], from: address)
    }

    /// Sends a request as it stands.
    func send(
        _ method: RequestMethod,
        _ target: String,
        _ headers: Headers,
        _ body: [UInt8],
        from address: String = "192.0.2.1"
    ) async throws -> APIResponse {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let request = APIRequest(
            method: method,
            path: String(parts[0]),
            query: try Query(parts.count > 1 ? String(parts[1]) : ""),
            headers: headers,
            body: body,
            clientAddress: address,
            id: RequestID(at: clock.now, sequence: numbers.next())
        )
        return await api.handle(request)
    }

    /// A key of its own, made through the API.
    func key(_ level: String, vendor: String? = nil) async throws -> String {
        var members = [JSONMember("label", .string("test")), JSONMember("level", .string(level))]
        if let vendor { members.append(JSONMember("vendor", .string(vendor))) }
        let answer = try await send(.post, "/api/keys", .object(members), key: admin)
        return try #require(answer.json["key"]?.string)
    }

    func addSource(_ name: String, vendor: String? = nil) async throws {
        let body: JSONValue = [
            "name": .string(name), "provider": "stripe", "secrets": [.string(Self.secret)],
            "vendor": vendor.map { .string($0) } ?? .null,
        ]
        let answer = try await send(.post, "/api/sources", body, key: admin)
        try #require(answer.status == 201, "\(answer.json)")
    }

    func addDestination(_ name: String, vendor: String? = nil) async throws {
        let body: JSONValue = [
            "name": .string(name), "url": .string("https://\(name).example.com/hooks"),
            "secret": .string(Self.secret), "vendor": vendor.map { .string($0) } ?? .null,
        ]
        let answer = try await send(.post, "/api/destinations", body, key: admin)
        try #require(answer.status == 201, "\(answer.json)")
    }

    static func signed(_ body: [UInt8], at now: Instant) -> Headers {
        let signature = StripeSignature.sign(body, secrets: [Secret(secret)], timestamp: now)
        return Headers([("content-type", "application/json"), (StripeSignature.header, signature)])
    }

    /// Sends a correctly signed webhook.
    func webhook(_ body: [UInt8], to source: String = "shop") async throws -> APIResponse {
        try await send(
            .post,
            "/api/integrations/webhooks/" + source,
            Self.signed(body, at: clock.now),
            body
        )
    }

    /// Stores an event and gives its id.
    @discardableResult
    func take(_ id: String, to source: String = "shop") async throws -> String {
        let answer = try await webhook(stripeEvent(id), to: source)
        try #require(answer.status == 200, "\(answer.json)")
        return try #require(answer.headers.first("usher-event"))
    }

    /// Makes a dead letter of everything that waits for `name`, as an operator who removes it would.
    func bury(_ name: String) async throws {
        try await services.database.write { transaction in
            try transaction.execute(
                Statement(
                    """
                    UPDATE deliveries SET state = 2, error = 'status_500', finished_at = created_at
                    WHERE destination_id = (SELECT id FROM destinations WHERE name = $1)
                    """
                ),
                [.text(name)]
            )
            try transaction.execute(
                Statement(
                    "DELETE FROM lanes WHERE destination_id = (SELECT id FROM destinations WHERE name = $1)"
                ),
                [.text(name)]
            )
        }
    }

    func eventCount() async throws -> Int64 {
        try await services.database.read {
            try $0.first(Statement("SELECT COUNT(*) FROM events"))?.integer(0) ?? -1
        }
    }
}

/// Numbers for requests, one after the other.
private final class Numbers: Sendable {
    private let last = Mutex<Int64>(0)

    func next() -> Int64 {
        last.withLock {
            $0 += 1
            return $0
        }
    }
}

func withGateway(hops: Int = 0, _ body: (GatewayBench) async throws -> Void) async throws {
    try await temporaryDatabase(migrations: Services.migrations) { database in
        try await body(try await GatewayBench.start(database, hops: hops))
    }
}

func stripeEvent(_ id: String, _ type: String = "charge.refunded") -> [UInt8] {
    Array(#"{"id":"\#(id)","type":"\#(type)","data":{"object":{"id":"ch_\#(id)"}}}"#.utf8)
}

extension APIResponse {
    /// The body as JSON; null when it is none.
    var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }

    /// The code of a problem.
    var code: String? { json["code"]?.string }
}
