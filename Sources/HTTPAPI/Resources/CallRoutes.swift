import Access
import Calls
import Domain
import Providers
import Registry

/// Outgoing calls: ask for one, list, show with every attempt, settle what is in doubt.
struct CallRoutes: Sendable {
    /// The header that names a request; the same key means the same call.
    static let keyHeader = "idempotency-key"

    let context: ResourceContext
    let calls: CallEngine

    var all: [Route] { [create, list, show, settle] }

    private var create: Route {
        Route(
            .post,
            "/api/calls",
            id: "createCall",
            tag: "calls",
            summary:
                "Has an operation done by the best integration that can do it now. Send an Idempotency-Key.",
            body: .object([
                .required("capability", .choice(Capability.allCases.map(\.rawValue)), "What it is about."),
                .required("operation", .string(length: 1...32), "What is to be done: `charge`."),
                .required("input", .any, "The operation's input; its members are those of `CallInput`."),
                .optional("of", .named("CallTarget"), "What an operation on something that exists works on."),
                .optional("wedding", .string(length: 1...128), "The wedding it is for."),
                .optional("vendor", .string(length: 1...63), "The vendor it is for."),
                .optional("priority", .choice(Priority.allCases.map(\.name)), "How urgent it is."),
                .optional("deadline", .string(length: 1...40, format: "date-time"), "When it is given up."),
                .optional("mode", .choice(["sync", "async"]), "`async`: the result leaves as an event."),
                .optional("fresh", .boolean, "Asks the provider, even if the same was answered lately."),
                .optional("raw", .boolean, "Keeps what the provider sends, for `?raw=true` at `link`."),
            ]),
            replies: [
                .json(200, .named("Call"), "The call is over, one way or the other: see `state`."),
                .json(202, .named("Call"), "It goes on: async, waiting, or in doubt. Ask again at `link`."),
            ],
            problems: [409, 422, 429],
            action: .guarded(.write) { call, scope in
                let submission = try self.submission(call, scope)
                do {
                    let result = try await calls.submit(
                        submission,
                        owner: scope.principal.description,
                        reaches: { mayRead($0, scope) }
                    )
                    return .json(json(result), status: result.call.state.isFinal ? 200 : 202)
                } catch let error as CallError {
                    throw Problem(error)
                }
            }
        )
    }

    private var list: Route {
        Route(
            .get,
            "/api/calls",
            id: "listCalls",
            tag: "calls",
            summary: "Lists calls, newest first.",
            parameters: [
                .init("state", .choice(CallState.allCases.map(\.name)), "Only those that stand here."),
                .init("operation", .string(length: 1...64), "Only `payments.charge`, or all of `payments`."),
                .init("wedding", .string(length: 1...128), "Only this wedding's."),
                Parameters.limit, Parameters.cursor,
            ],
            replies: [.json(200, .page(of: "Call"), "One page of calls.")],
            action: .guarded(.read) { call, scope in
                var filter = CallFilter(
                    state: call.text("state").flatMap { name in CallState.allCases.first { $0.name == name }
                    },
                    operation: call.text("operation"),
                    wedding: call.text("wedding").flatMap { WeddingID($0) }
                )
                if case .vendor(let vendor) = scope.principal { filter.vendor = vendor }
                let listing = call.listing("calls", scope)
                var before: CallID?
                if let text = call.text("cursor") {
                    before = CallID(bytes: try context.cursors.decode(text, listing: listing))
                }
                let found = try await calls.list(filter, before: before, limit: call.limit + 1)
                let page = found.prefix(call.limit)
                let next = found.count > call.limit ? page.last?.id.bytes : nil
                return .page(
                    page.map { json(CallResult(call: $0, reply: nil, integration: name($0.integration))) },
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/calls/{id}",
            id: "getCall",
            tag: "calls",
            summary: "Shows a call and explains every attempt.",
            parameters: [
                .init(
                    "raw",
                    .boolean,
                    "Adds what the provider sent, as it came; needs a key that may write, as such answers hold more."
                )
            ],
            replies: [.json(200, .named("CallDetail"), "The call.")],
            action: .guarded(.read) { call, scope in
                let wantsRaw = call.text("raw") == "true"
                if wantsRaw { try scope.require(.write) }
                let result = try await visible(call, scope)
                let detail = try await detail(result)
                guard wantsRaw else { return .json(detail) }
                let raw = try await calls.rawAnswer(of: result.call.id)
                return .json(.object((detail.object ?? []) + [JSONMember("raw", raw?.json ?? .null)]))
            }
        )
    }

    private var settle: Route {
        Route(
            .post,
            "/api/calls/{id}/settle",
            id: "settleCall",
            tag: "calls",
            summary: "Says what became of a call that is in doubt or held, as somebody saw at the provider.",
            body: .object([
                .required("outcome", .choice(["succeeded", "not_applied"]), "What the provider shows."),
                .optional("reference", .string(length: 1...512), "The provider's id of what was made."),
                .required("reason", .string(length: 3...500), "Where it was seen, and by whom."),
            ]),
            replies: [.json(200, .named("CallDetail"), "The call, settled.")],
            problems: [409],
            action: .guarded(.write) { call, scope in
                let result = try await visible(call, scope)
                let reference = call.body?["reference"]?.string
                let reason = call.body?["reason"]?.string ?? ""
                let verdict: SettleVerdict =
                    call.body?["outcome"]?.string == "succeeded"
                    ? .succeeded(
                        CallOutcome(
                            reply: [
                                "settled_by_hand": .string(reason),
                                "id": reference.map { .string($0) } ?? .null,
                            ],
                            reference: reference
                        )
                    )
                    : .dead(ProviderFailure(.unavailable, code: "settled_by_hand", message: reason))
                let news = CallNews(call: result.call.id, provider: nil, verdict: verdict)
                do {
                    guard try await calls.learn(news) == .settled else { throw Problem(CallError.notInDoubt) }
                } catch is NewsTooEarly {
                    throw Problem(CallError.notInDoubt)
                }
                return .json(try await detail(try await visible(call, scope)))
            }
        )
    }

    // MARK: Reading

    private func submission(_ call: RouteCall, _ scope: AccessScope) throws -> CallSubmission {
        let body = call.body ?? .null
        guard let capability = body["capability"]?.string.flatMap({ Capability(name: $0) }),
            let operation = Operation(capability, body["operation"]?.string ?? "")
        else {
            throw Problem.unknownOperation(body["capability"]?.string.flatMap { Capability(name: $0) })
        }
        let keys = call.request.headers.values(Self.keyHeader)
        guard keys.count <= 1 else { throw Problem(CallError.badKey) }
        guard operation.isRead || keys.count == 1 else { throw Problem.missingKey }
        var vendor = body["vendor"]?.string.flatMap { ResourceName($0) }
        if case .vendor(let own) = scope.principal {
            guard vendor == nil || vendor == own else { throw Problem.notFound }
            vendor = own
        }
        let deadline = body["deadline"]?.string
        guard deadline == nil || deadline.flatMap({ Instant($0) }) != nil else {
            throw Problem.badRequest(
                "invalid-instant",
                "Write 'deadline' as RFC 3339, such as 2026-06-20T16:00:00Z."
            )
        }
        return CallSubmission(
            operation,
            input: body["input"] ?? .object([]),
            of: try of(body["of"]),
            wedding: try context.wedding(body["wedding"]?.string, scope),
            vendor: vendor,
            priority: body["priority"]?.string.flatMap { Priority(name: $0) },
            deadline: deadline.flatMap { Instant($0) },
            isAsync: body["mode"]?.string == "async",
            isFresh: body["fresh"]?.bool ?? false,
            keepsRaw: body["raw"]?.bool ?? false,
            key: keys.first
        )
    }

    private func of(_ json: JSONValue?) throws -> CallSubmission.Of? {
        guard let json, !json.isNull else { return nil }
        if let id = json["call"]?.string {
            guard let id = CallID(id), json["integration"] == nil else {
                throw Problem(CallError.unknownTarget)
            }
            return .call(id)
        }
        guard let name = json["integration"]?.string.flatMap({ ResourceName($0) }) else {
            throw Problem(CallError.unknownTarget)
        }
        return .object(integration: name, reference: json["reference"]?.string)
    }

    private func visible(_ call: RouteCall, _ scope: AccessScope) async throws -> CallResult {
        guard let id = CallID(call.path["id"]), let result = try await calls.result(of: id),
            mayRead(result.call, scope)
        else { throw Problem.notFound }
        return result
    }

    /// The platform sees every call, a vendor those it asked for and those made for it.
    private func mayRead(_ call: StoredCall, _ scope: AccessScope) -> Bool {
        scope.principal == .platform || call.owner == scope.principal.description
            || call.vendor.map { scope.mayRead(vendor: $0) } ?? false
    }

    // MARK: Showing

    private func name(_ integration: Int64?) -> ResourceName? {
        integration.flatMap { context.registry.snapshot.integration(id: $0)?.name }
    }

    private func json(_ result: CallResult) -> JSONValue {
        result.json(link: "\(context.publicURL)/api/calls/\(result.call.id)")
    }

    private func copyBack(_ call: StoredCall) async throws -> JSONValue {
        guard call.operation == .storageUpload else { return .null }
        return try await calls.contentDebt(of: call.id)?.json(context) ?? .null
    }

    private func detail(_ result: CallResult) async throws -> JSONValue {
        let attempts = try await calls.attempts(of: result.call.id)
        let explained = attempts.map { $0.json(integration: name($0.integration)) }
        let members = json(result).object ?? []
        return .object(
            members + [
                JSONMember("attempts", .array(explained)),
                JSONMember("explanation", .string(result.call.explanation(attempts, name: name))),
                JSONMember("copy_back", try await copyBack(result.call)),
            ]
        )
    }
}
