import Access
import Domain

/// API keys: list, make, revoke.
struct KeyRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, create, revoke] }

    private var list: Route {
        Route(
            .get,
            "/api/keys",
            id: "listKeys",
            tag: "keys",
            summary: "Lists API keys, newest first; never their texts.",
            parameters: [Parameters.limit, Parameters.cursor],
            replies: [.json(200, .page(of: "Key"), "One page of keys.")],
            action: .guarded(.admin) { call, scope in
                let listing = call.listing("keys", scope)
                var before: APIKeyID?
                if let text = call.text("cursor") {
                    before = APIKeyID(bytes: try context.cursors.decode(text, listing: listing))
                }
                let page = try await context.keys.list(before: before, limit: call.limit, by: scope)
                let next = page.count == call.limit ? page.last?.id.bytes : nil
                return .page(
                    page.map(\.json),
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    private var create: Route {
        Route(
            .post,
            "/api/keys",
            id: "createKey",
            tag: "keys",
            summary: "Makes an API key; its text is in this answer and never again.",
            body: .object([
                .required("label", .string(length: 1...64), "What people call it."),
                .required("level", .choice(AccessLevel.allCases.map(\.rawValue)), "What it may do."),
                .optional(
                    "vendor",
                    .string(length: 1...63),
                    "The vendor it is for; the platform unless given."
                ),
                .optional(
                    "expires_at",
                    .string(length: 1...40, format: "date-time"),
                    "From when on it is refused."
                ),
            ]),
            replies: [.json(201, .named("NewKey"), "The key.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                let created = try await context.keys.create(
                    label: try label(call),
                    principal: try principal(call),
                    level: AccessLevel(rawValue: call.body?["level"]?.string ?? "") ?? .read,
                    expiresAt: try expiry(call),
                    by: scope
                )
                let members = created.record.json.object ?? []
                return .json(
                    .object(members + [JSONMember("key", .string(created.text.shown))]),
                    status: 201
                )
            }
        )
    }

    private var revoke: Route {
        Route(
            .delete,
            "/api/keys/{id}",
            id: "revokeKey",
            tag: "keys",
            summary: "Revokes an API key for good.",
            replies: [.json(200, .named("Key"), "The key.")],
            action: .guarded(.admin) { call, scope in
                guard let id = APIKeyID(call.path["id"]) else { throw Problem.notFound }
                return .json(try await context.keys.revoke(id, by: scope).json)
            }
        )
    }

    private func label(_ call: RouteCall) throws -> APIKeyLabel {
        guard let label = APIKeyLabel(call.body?["label"]?.string ?? "") else {
            throw Problem.badRequest("invalid-label", "A label is 1 to 64 bytes of printable text.")
        }
        return label
    }

    private func principal(_ call: RouteCall) throws -> AccessPrincipal {
        guard let text = call.body?["vendor"]?.string else { return .platform }
        guard let vendor = ResourceName(text) else {
            throw Problem.badRequest("invalid-vendor", "A vendor's name is 1 to 63 of a-z, 0-9 and '-'.")
        }
        return .vendor(vendor)
    }

    private func expiry(_ call: RouteCall) throws -> Instant? {
        guard let text = call.body?["expires_at"]?.string else { return nil }
        guard let instant = Instant(text) else {
            throw Problem.badRequest("invalid-instant", "Write 'expires_at' as RFC 3339.")
        }
        return instant
    }
}

extension APIKeyRecord {
    /// The key as the API shows it; never its text.
    fileprivate var json: JSONValue {
        [
            "id": .string(id.description),
            "label": .string(label.text),
            "principal": .string(principal.description),
            "level": .string(level.rawValue),
            "created_at": .instant(createdAt),
            "expires_at": .instant(expiresAt),
            "last_used_at": .instant(lastUsedAt),
            "revoked_at": .instant(revokedAt),
        ]
    }
}
