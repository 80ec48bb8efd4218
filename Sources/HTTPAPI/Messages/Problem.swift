package import Domain

/// What went wrong, as the caller is told it: an RFC 9457 problem document.
///
/// The only place where a status and a public text are joined. `code` is stable and bounded: clients switch over
/// it. Nothing from inside (SQL, paths, secrets, bodies) belongs into `detail`.
package struct Problem: Error, Hashable, Sendable {
    /// The HTTP status, 400 to 599.
    package let status: Int
    /// The stable name of this kind of problem: lower-case words joined by `-`.
    package let code: String
    /// One sentence for people, the same for every occurrence.
    package let title: String
    /// What to do about this occurrence; nil when the title says it all.
    package let detail: String?
    /// Members beside the standard ones, such as the list of known parameters.
    package let extensions: [JSONMember]
    /// Header fields that belong to the answer (`retry-after`, `allow`, `www-authenticate`).
    package let headers: Headers

    /// Makes a problem.
    package init(
        status: Int,
        code: String,
        title: String,
        detail: String? = nil,
        extensions: [JSONMember] = [],
        headers: Headers = Headers()
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.extensions = extensions
        self.headers = headers
    }

    /// The media type of problem documents.
    package static let contentType = "application/problem+json"

    /// The document, naming the request it belongs to.
    package func document(instance id: RequestID) -> JSONValue {
        var members = [
            JSONMember("type", .string("urn:usher:problem:" + code)),
            JSONMember("title", .string(title)),
            JSONMember("status", .number(String(status))),
        ]
        if let detail { members.append(JSONMember("detail", .string(detail))) }
        members.append(JSONMember("instance", .string(id.description)))
        members.append(JSONMember("code", .string(code)))
        return .object(members + extensions)
    }

    /// The problem as an answer to the request `id`.
    package func response(for id: RequestID) -> APIResponse {
        var response = APIResponse(
            status: status,
            contentType: Self.contentType,
            body: document(instance: id).serialized()
        )
        for field in headers.fields {
            response.headers.append(lowercaseName: field.name, value: field.value)
        }
        return response
    }
}
