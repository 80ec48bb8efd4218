import Access
import Domain
import Health
import Signatures

/// The browsers that are told of alerts.
struct PushRoutes: Sendable {
    let browsers: PushBook
    /// Whether a push service may be on this machine, over plain HTTP: a channel says so.
    let allowsPlain: Bool

    var all: [Route] { [key, list, add, remove] }

    private var key: Route {
        Route(
            .get,
            "/api/push/key",
            id: "getPushKey",
            tag: "alerts",
            summary: "Gives the public key with which a browser subscribes (RFC 8292).",
            replies: [.json(200, .named("PushKey"), "The key.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                return .json(["key": .string(try await browsers.publicKey())])
            }
        )
    }

    private var list: Route {
        Route(
            .get,
            "/api/push/subscriptions",
            id: "listPushSubscriptions",
            tag: "alerts",
            summary: "Lists the browsers that are told of alerts.",
            replies: [.json(200, .list(of: "PushSubscription"), "The browsers.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                return .page(try await browsers.list().map(\.json), nextCursor: nil)
            }
        )
    }

    private var add: Route {
        Route(
            .post,
            "/api/push/subscriptions",
            id: "addPushSubscription",
            tag: "alerts",
            summary: "Has a browser told of alerts: what its `PushSubscription` gives as JSON.",
            body: .object([
                .required(
                    "endpoint",
                    .string(length: 1...PushSubscription.endpointBytesMax),
                    "Its push service."
                ),
                .required(
                    "keys",
                    .object([
                        .required("p256dh", .string(length: 1...200), "Its public key, base64url."),
                        .required("auth", .string(length: 1...100), "What only it and we know, base64url."),
                    ]),
                    "Its keys."
                ),
                .optional("expirationTime", .nullable(.number), "Not used; browsers send it."),
                .optional("label", .string(length: 1...PushBook.labelBytesMax), "What people call it."),
            ]),
            replies: [.json(201, .named("PushSubscription"), "It is told from now on.")],
            problems: [409, 422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                guard let endpoint = body["endpoint"]?.string,
                    let key = body["keys"]?["p256dh"]?.string.flatMap({ Base64.decode($0, .urlSafe) }),
                    let secret = body["keys"]?["auth"]?.string.flatMap({ Base64.decode($0, .urlSafe) }),
                    let browser = PushSubscription(
                        endpoint: endpoint,
                        key: key,
                        secret: secret,
                        allowsPlain: allowsPlain
                    )
                else {
                    throw Problem(
                        status: 422,
                        code: "invalid-subscription",
                        title: "This is no subscription of a browser.",
                        detail:
                            "Send what `JSON.stringify(subscription)` gives: an https endpoint, and both keys."
                    )
                }
                let label = body["label"]?.string ?? "a browser"
                let added = try await browsers.add(browser, label: label, by: scope.principal.description)
                guard let added else {
                    throw Problem(
                        status: 409,
                        code: "too-many",
                        title: "There are too many.",
                        detail: "There are \(PushBook.countMax) browsers already: remove one first."
                    )
                }
                return .json(added.json, status: 201)
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/push/subscriptions/{id}",
            id: "removePushSubscription",
            tag: "alerts",
            summary: "Has a browser told no longer.",
            replies: [.empty(204, "It is told no longer.")],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                guard let id = PushSubscriptionID(call.path["id"]), try await browsers.remove(id) else {
                    throw Problem.notFound
                }
                return APIResponse(status: 204)
            }
        )
    }
}

extension PushListing {
    /// The browser as the API shows it.
    fileprivate var json: JSONValue {
        [
            "id": .string("\(id)"), "label": .string(label), "by": .string(by),
            "created_at": .instant(createdAt),
        ]
    }
}
