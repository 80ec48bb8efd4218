import Access
import Domain
import HTTPAPI
import Logging
import Storage
import Synchronization
import UsherTesting
import Vault

/// A router with real API keys behind it, in process.
struct Doorkeeper {
    let router: Router
    /// A key of each level, and one that was revoked.
    let read, write, admin, revoked: String
    /// How often a key was found where it does not belong.
    let leaks: Leaks

    final class Leaks: Sendable {
        private let state = Mutex(0)

        func add() {
            state.withLock { $0 += 1 }
        }

        var count: Int { state.withLock { $0 } }
    }

    /// Runs `body` with a router over `routes`.
    static func with(
        _ routes: [Route],
        schemas: SchemaCatalogue,
        problem: @escaping @Sendable (any Error) -> Problem? = { _ in nil },
        _ body: (Doorkeeper) async throws -> Void
    ) async throws {
        try await temporaryDatabase(migrations: Vault.migrations + APIKeys.migrations) { database in
            let clock = ManualTime()
            let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            let random = RandomSource.seeded(7)
            let vault = try await Vault.open(
                rootKey: RootKey.generate(random: random),
                database: database,
                time: clock.time,
                random: random
            )
            let keys = APIKeys(
                database: database,
                vault: vault,
                time: clock.time,
                random: random,
                logger: logger
            )
            func key(_ level: AccessLevel) async throws -> APIKeys.Created {
                let label = APIKeyLabel("test \(level.rawValue)")
                guard let label else { preconditionFailure("the label is valid") }
                return try await keys.create(
                    label: label,
                    principal: .platform,
                    level: level,
                    by: keys.console
                )
            }
            let revoked = try await key(.admin)
            _ = try await keys.revoke(revoked.record.id, by: keys.console)
            let leaks = Leaks()
            let router = Router(
                routes,
                schemas: schemas,
                ports: Router.Ports(
                    authenticate: { request throws(AccessError) in
                        try await keys.authenticate(
                            authorization: request.headers.first("authorization"),
                            client: ClientNetwork(address: request.clientAddress)
                        )
                    },
                    problem: problem,
                    keyLeaked: { _ in leaks.add() }
                ),
                logger: logger
            )
            try await body(
                Doorkeeper(
                    router: router,
                    read: try await key(.read).text.shown,
                    write: try await key(.write).text.shown,
                    admin: try await key(.admin).text.shown,
                    revoked: revoked.text.shown,
                    leaks: leaks
                )
            )
        }
    }

    /// Sends a request, as the server would hand it over.
    ///
    /// - Parameter key: the API key; nil sends none.
    func send(
        _ method: RequestMethod,
        _ target: String,
        key: String? = nil,
        body: String? = nil,
        contentType: String = "application/json",
        from address: String = "192.0.2.1"
    ) async throws -> APIResponse {
        var fields = [("host", "h")]
        if let key { fields.append(("authorization", "Bearer " + key)) }
        if body != nil { fields.append(("content-type", contentType)) }
        let head = try RequestGuard.check(
            RequestHead(method: method.rawValue, target: target, headers: Headers(fields))
        )
        return await router.respond(
            to: APIRequest(
                method: head.method,
                path: head.path,
                query: head.query,
                headers: head.headers,
                body: Array((body ?? "").utf8),
                clientAddress: address,
                id: RequestID(milliseconds: 1, 2, 3)
            )
        )
    }
}

extension APIResponse {
    /// The `code` of a problem document.
    var code: String? { json?["code"]?.string }

    /// The body as JSON.
    var json: JSONValue? { try? JSONParser.parse(body) }
}
