import Access
import Dashboard
import Domain
import HTTPAPI
import Logging
import Storage
import Synchronization
import Testing
import UsherTesting
import Vault

/// Somebody with a browser in front of the pages, and an API behind them that answers as it is told.
final class Visitor: Sendable {
    /// What the API was asked to do, in order: `POST /api/dead-letters/replay {…}`.
    private let asked = Mutex<[String]>([])
    private let answers: Mutex<[String: APIResponse]>
    private let cookies = Mutex<[String: String]>([:])
    let clock: ManualTime
    let keys: APIKeys
    private let database: Database
    private let vault: Vault

    private init(database: Database, vault: Vault, clock: ManualTime, answers: [String: APIResponse]) {
        self.database = database
        self.vault = vault
        self.clock = clock
        self.answers = Mutex(answers)
        keys = APIKeys(
            database: database,
            vault: vault,
            time: clock.time,
            random: .seeded(3),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    /// Opens pages on a database in a temporary folder, for the time of `body`.
    static func with(
        _ answers: [String: JSONValue] = [:],
        _ body: (Visitor) async throws -> Void
    ) async throws {
        try await temporaryDatabase(migrations: Vault.migrations + APIKeys.migrations) { database in
            let clock = ManualTime()
            let vault = try await Vault.open(
                rootKey: .generate(random: .seeded(1)),
                database: database,
                time: clock.time,
                random: .seeded(2)
            )
            let given = answers.mapValues { APIResponse.json($0) }
            try await body(Visitor(database: database, vault: vault, clock: clock, answers: given))
        }
    }

    /// What the API was asked for that changes something.
    var orders: [String] { asked.withLock { $0.filter { !$0.hasPrefix("GET ") } } }

    /// Lets the API refuse something.
    func refuse(_ place: String, _ problem: Problem) {
        let response = problem.response(for: RequestID(now: clock.now, random: .seeded(8)))
        answers.withLock { $0[place] = response }
    }

    var site: PageSite {
        let time = clock.time
        return DashboardSite(
            DashboardSite.Ports(
                keys: keys,
                sessions: Sessions(database: database, vault: vault, time: time, random: .seeded(4)),
                api: { [self] request, scope in answer(request, scope) },
                zones: ZoneDirectory { $0 == "Europe/Lisbon" ? ZoneRules(name: $0) { _ in 3_600 } : nil },
                proxies: .none,
                time: time,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        ).site
    }

    private func answer(_ request: APIRequest, _ scope: AccessScope) -> APIResponse {
        let place = "\(request.method.rawValue) \(request.path)"
        asked.withLock {
            $0.append(
                place + (request.body.isEmpty ? "" : " \(String(decoding: request.body, as: UTF8.self))")
            )
        }
        if let found = answers.withLock({ $0[place] }) { return found }
        guard request.method == .get else { return .json([:]) }
        // Nothing is there, or it is one thing of which nothing is known.
        return request.path.hasSuffix("health-check") ? .json([:]) : .json(["data": []])
    }

    /// Signs in with a new key.
    func signIn(_ level: AccessLevel = .write) async throws {
        let label = try #require(APIKeyLabel("test"))
        let key = try await keys.create(label: label, principal: .platform, level: level, by: keys.console)
        let answer = await post("/sign-in", ["key": key.text.shown])
        try #require(answer.status == 303)
    }

    func get(_ path: String, _ query: String = "") async throws -> APIResponse {
        await send(.get, path, query: try Query(query), headers: [], body: "")
    }

    /// Sends a form as the browser does from a page of ours; `token` is the page's own unless told otherwise.
    func post(_ path: String, _ fields: [String: String], site: String = "same-origin") async -> APIResponse {
        let text = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.replacing(" ", with: "+"))" }
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", site),
        ]
        return await send(.post, path, query: Query(), headers: headers, body: text.joined(separator: "&"))
    }

    /// The token that forms of this session carry.
    func token() async throws -> String {
        let page = try await get("/dead-letters").text
        let part = try #require(page.split(separator: "name=\"form_token\" value=\"").dropFirst().first)
        return String(part.prefix { $0 != "\"" })
    }

    private func send(
        _ method: RequestMethod,
        _ path: String,
        query: Query,
        headers: [(String, String)],
        body: String
    ) async -> APIResponse {
        let cookie = cookies.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        let request = APIRequest(
            method: method,
            path: path,
            query: query,
            headers: Headers(headers + [("host", "usher.example"), ("cookie", cookie)]),
            body: Array(body.utf8),
            clientAddress: "192.0.2.7",
            id: RequestID(now: clock.now, random: .seeded(6))
        )
        let response = await site.respond(request)
        for field in response.headers.values("set-cookie") {
            let pair = field.prefix { $0 != ";" }.split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            cookies.withLock { $0[String(pair[0])] = String(pair[1]) }
        }
        return response
    }
}

extension APIResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
