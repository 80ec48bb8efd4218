import Access
import Domain
import HTTPAPI

/// The operations of the API in the name of somebody who is signed in: no socket, the same rules.
struct Backend: Sendable {
    /// An operation that was refused.
    struct Refusal: Error {
        let status: Int
        let code: String
        let title: String
        let detail: String?
    }

    let respond: @Sendable (APIRequest, AccessScope) async -> APIResponse
    let scope: AccessScope
    let request: APIRequest

    /// Reads something; parameters without a value are left out.
    func get(_ path: String, _ query: [(String, String?)] = []) async throws -> JSONValue {
        let given = query.compactMap { name, value in value.map { (name, $0) } }
        return try await answer(.get, path, try Query(QueryText.encode(given)), [])
    }

    /// Reads something that may be missing, or not for this person: nil then.
    func find(_ path: String, _ query: [(String, String?)] = []) async throws -> JSONValue? {
        do {
            return try await get(path, query)
        } catch let refusal as Refusal where [403, 404].contains(refusal.status) {
            return nil
        }
    }

    /// Does something.
    @discardableResult
    func send(_ method: RequestMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try await answer(method, path, Query(), body?.serialized() ?? [])
    }

    private func answer(
        _ method: RequestMethod,
        _ path: String,
        _ query: Query,
        _ body: [UInt8]
    ) async throws -> JSONValue {
        let inner = APIRequest(
            method: method,
            path: path,
            query: query,
            headers: body.isEmpty ? Headers() : Headers([("content-type", "application/json")]),
            body: body,
            clientAddress: request.clientAddress,
            id: request.id,
            isSecure: request.isSecure
        )
        let response = await respond(inner, scope)
        guard !response.body.isEmpty else { return .null }
        let value = try JSONParser.parse(response.body)
        guard response.headers.first("content-type") == Problem.contentType else { return value }
        throw Refusal(
            status: response.status,
            code: value["code"]?.string ?? "",
            title: value["title"]?.string ?? "That did not work.",
            detail: value["detail"]?.string
        )
    }
}

extension JSONValue {
    /// The texts and lists of an answer, without the ceremony.
    func text(_ name: String) -> String? { self[name]?.string }
    func list(_ name: String) -> [JSONValue] { self[name]?.array ?? [] }
    func count(_ name: String) -> Int { Int(clamping: self[name]?.int64 ?? 0) }
    func instant(_ name: String) -> Instant? { self[name]?.string.flatMap { Instant($0) } }
    /// What a listing holds.
    var items: [JSONValue] { list("data") }
    /// Where a listing goes on; nil on its last page.
    var next: String? { text("next") }
}
