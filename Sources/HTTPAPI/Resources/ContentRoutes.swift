import Access
import Calls
import Domain
import Providers

/// Content for uploads: put there first, then named by `storage.upload`.
struct ContentRoutes: Sendable {
    let store: ContentStore

    var all: [Route] { [create, show] }

    private var create: Route {
        Route(
            .post,
            "/api/content",
            id: "createContent",
            tag: "calls",
            summary: "Keeps the bytes of the body for `storage.upload`, sealed, for up to 30 days.",
            streamedBytesMax: Int(store.limits.bytesMax),
            replies: [.json(201, .named("Content"), "Kept, durably.")],
            problems: [415, 507],
            action: .guarded(.write) { [store] call, scope in
                guard let stream = call.request.stream else { throw Problem.noBody }
                let types = call.request.headers.values("content-type")
                do {
                    let content = try await store.receive(
                        contentType: types.count == 1 ? types.first : nil,
                        announced: stream.length.map(Int64.init),
                        owner: scope.principal.description
                    ) { try await stream.next() }
                    return .json(Self.json(content), status: 201)
                } catch let error as ContentError {
                    throw Problem(error)
                }
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/content/{id}",
            id: "getContent",
            tag: "calls",
            summary: "Tells of content that is kept; 404 once it is uploaded or has expired.",
            replies: [.json(200, .named("Content"), "What is known of it.")],
            action: .guarded(.read) { [store] call, scope in
                guard let id = ContentID(call.path["id"]),
                    let content = try await store.find(id, owner: scope.principal.description)
                else { throw Problem.notFound }
                return .json(Self.json(content))
            }
        )
    }

    private static func json(_ content: StoredContent) -> JSONValue {
        [
            "id": .string("\(content.id)"), "bytes": .integer(content.bytes),
            "content_type": .string(content.contentType), "sha256": .string(Hex.encode(content.sha256)),
        ]
    }
}

extension Problem {
    /// 400: there is no body.
    static let noBody = badRequest("body-missing", "Send the bytes as the request's body.")

    /// What a caller is told whose content was not kept.
    init(_ error: ContentError) {
        switch error {
        case .tooLarge(let limit): self = .bodyTooLarge(bytesMax: Int(limit))
        case .badType: self = .unsupportedMedia(error.description)
        case .full, .diskFull:
            self.init(
                status: 507,
                code: error.code == "disk_full" ? "disk-full" : "content-full",
                title: "There is no room for the content.",
                detail: error.description
            )
        case .damaged, .system:
            self.init(status: 500, code: "content-io", title: "The content could not be kept.")
        }
    }
}
