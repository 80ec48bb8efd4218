package import Domain

/// What the command line knows of a running server: its address, a key, and a way to send.
package struct ControlClient: Sendable {
    /// The largest answer that is read.
    package static let responseBytesMax = 64 * 1_024 * 1_024
    /// The most elements that are asked for at a time: the API's own limit.
    package static let pageSize = 200

    /// Where the server is.
    package let address: ControlAddress
    private let key: Secret?
    private let send: @Sendable (ControlMessage) async throws(ControlError) -> ControlResponse

    /// Makes a client; throws `.unprotectedKey` when the key would leave this machine unencrypted.
    /// - Parameter plainHTTP: allows that.
    /// - Parameter send: sends one message; `HTTPControl` for real.
    package init(
        address: ControlAddress,
        key: Secret?,
        plainHTTP: Bool = false,
        send: @escaping @Sendable (ControlMessage) async throws(ControlError) -> ControlResponse
    ) throws(ControlError) {
        guard key == nil || address.isEncrypted || address.isLoopback || plainHTTP else {
            throw .unprotectedKey(url: address.text)
        }
        self.address = address
        self.key = key
        self.send = send
    }

    /// Asks for one thing.
    package func get(
        _ path: String,
        query: [(name: String, value: String)] = []
    ) async throws(ControlError) -> JSONValue {
        try await call(ControlRequest("GET", path, query: query))
    }

    /// Asks for a document that is no JSON, such as CSV.
    package func text(
        _ path: String,
        query: [(name: String, value: String)] = []
    ) async throws(ControlError) -> String {
        let response = try await send(message(for: ControlRequest("GET", path, query: query), nil, []))
        guard response.status == 200 else { throw refusal(response) }
        return String(decoding: response.body, as: UTF8.self)
    }

    /// The elements of a list that comes whole.
    package func all(_ path: String) async throws(ControlError) -> [JSONValue] {
        guard let elements = try await get(path)["data"]?.array else {
            throw .notUsher(url: address.text, status: 200)
        }
        return elements
    }

    /// Asks for something to be done; an empty object is sent as no body.
    package func post(
        _ path: String,
        _ body: JSONValue = .object([])
    ) async throws(ControlError) -> JSONValue {
        try await call(ControlRequest("POST", path, body: body == .object([]) ? nil : body))
    }

    /// Sends a file as it is.
    package func upload(
        _ path: String,
        query: [(name: String, value: String)],
        _ contentType: String,
        _ body: [UInt8]
    ) async throws(ControlError) -> JSONValue {
        try answer(
            to: try await send(message(for: ControlRequest("POST", path, query: query), contentType, body))
        )
    }

    /// Asks for something to be removed.
    package func delete(_ path: String) async throws(ControlError) -> JSONValue {
        try await call(ControlRequest("DELETE", path))
    }

    /// The elements of a list, page by page as they are read; at most `limit` of them.
    package func list(
        _ path: String,
        query: [(name: String, value: String)] = [],
        limit: Int = .max
    ) -> ControlList {
        ControlList(client: self, path: path, query: query, limit: limit)
    }

    /// Sends a request and reads its JSON answer; `null` for an answer without a body.
    /// - Parameters:
    ///   - key: the `Idempotency-Key`; nil sends none.
    ///   - accepting: statuses beyond 2xx that are answers, not refusals (503 of a health check).
    package func call(
        _ request: ControlRequest,
        key: String? = nil,
        accepting: Set<Int> = []
    ) async throws(ControlError) -> JSONValue {
        let body = request.body?.serialized() ?? []
        let type = request.body == nil ? nil : "application/json"
        let message = message(for: request, type, body, idempotencyKey: key)
        return try answer(to: try await send(message), accepting: accepting)
    }

    private func answer(
        to response: ControlResponse,
        accepting: Set<Int> = []
    ) throws(ControlError) -> JSONValue {
        guard (200...299).contains(response.status) || accepting.contains(response.status) else {
            throw refusal(response)
        }
        guard !response.body.isEmpty else { return .null }
        do {
            return try JSONParser.parse(response.body, limits: Self.limits)
        } catch {
            throw .notUsher(url: address.text, status: response.status)
        }
    }

    private static let limits = JSONLimits(nodesMax: 5_000_000, stringBytesMax: responseBytesMax)

    private func message(
        for request: ControlRequest,
        _ contentType: String?,
        _ body: [UInt8],
        idempotencyKey: String? = nil
    ) -> ControlMessage {
        var headers = [(name: "accept", value: "application/json"), (name: "user-agent", value: "usher-cli")]
        if let key {
            headers.append(
                (name: "authorization", value: "Bearer " + String(decoding: key.bytes, as: UTF8.self))
            )
        }
        if let idempotencyKey { headers.append((name: "idempotency-key", value: idempotencyKey)) }
        if let contentType { headers.append((name: "content-type", value: contentType)) }
        return ControlMessage(
            method: request.method,
            url: address.text + request.target,
            headers: headers,
            body: body
        )
    }

    /// Reads an RFC 9457 problem document.
    private func refusal(_ response: ControlResponse) -> ControlError {
        guard let problem = try? JSONParser.parse(response.body), let code = problem["code"]?.string else {
            return .notUsher(url: address.text, status: response.status)
        }
        if response.status == 401 { return .unauthorized(keyGiven: key != nil) }
        let known = ["type", "title", "status", "detail", "instance", "code"]
        let extensions = (problem.object ?? []).filter { member in !known.contains { $0 == member.name } }
        return .refused(
            status: response.status,
            code: code,
            text: [problem["title"]?.string, problem["detail"]?.string].compactMap(\.self).joined(
                separator: " "
            ),
            details: extensions.flatMap(Self.lines),
            retryAfterSeconds: response.headers.first("retry-after").flatMap { Int($0) }
        )
    }

    /// What a problem says beyond the standard members, a line for each element.
    private static func lines(_ member: JSONMember) -> [String] {
        (member.value.array ?? [member.value]).map { element in
            "\(member.name): " + (element.string ?? String(decoding: element.serialized(), as: UTF8.self))
        }
    }
}
