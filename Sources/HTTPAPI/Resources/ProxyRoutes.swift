import Access
import Calls
import Domain
import Registry

/// What went through the proxy.
struct ProxyRoutes: Sendable {
    let context: ResourceContext
    let proxy: ProxyEngine

    var all: [Route] { [list] }

    private var list: Route {
        Route(
            .get,
            "/api/proxy-calls",
            id: "listProxyCalls",
            tag: "proxy",
            summary: "Lists requests that went through the proxy, newest first.",
            parameters: [
                .init("integration", .string(length: 1...63), "Only those to this integration."),
                .init("state", .choice(ProxyState.allCases.map(\.name)), "Only those that stand here."),
                Parameters.limit, Parameters.cursor,
            ],
            replies: [.json(200, .page(of: "ProxyCall"), "One page of requests.")],
            action: .guarded(.read) { call, scope in
                var filter = ProxyFilter(
                    integration: try integration(call.text("integration"), scope),
                    state: call.text("state").flatMap { name in ProxyState.allCases.first { $0.name == name }
                    }
                )
                if case .vendor(let vendor) = scope.principal { filter.vendor = vendor }
                let listing = call.listing("proxy-calls", scope)
                var before: ProxyCallID?
                if let text = call.text("cursor") {
                    before = ProxyCallID(bytes: try context.cursors.decode(text, listing: listing))
                }
                let found = try await proxy.journal.list(filter, before: before, limit: call.limit + 1)
                let page = found.prefix(call.limit)
                let next = found.count > call.limit ? page.last?.id.bytes : nil
                return .page(
                    page.map { $0.json(integration: name($0.integration)) },
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    private func name(_ integration: Int64) -> ResourceName? {
        context.registry.snapshot.integration(id: integration)?.name
    }

    private func integration(_ name: String?, _ scope: AccessScope) throws -> Int64? {
        guard let name else { return nil }
        guard let integration = try? context.integration(name, scope) else {
            throw Problem.badRequest("unknown-integration", "There is no integration of that name.")
        }
        return integration.id
    }
}

extension ProxyRecord {
    /// The request as the API shows it.
    fileprivate func json(integration: ResourceName?) -> JSONValue {
        [
            "id": .string(id.description),
            "integration": .text(integration?.text),
            "method": .string(method),
            "path": .string(path),
            "state": .string(state.name),
            "status": status.map { .integer($0) } ?? .null,
            "wedding": .text(wedding?.text),
            "priority": .string(priority.name),
            "started_at": .instant(startedAt),
            "duration_ms": duration.map { .integer(Int($0.inSeconds * 1_000)) } ?? .null,
            "bytes_in": .integer(Int(bytesIn)),
            "bytes_out": .integer(Int(bytesOut)),
            "error": .text(error),
        ]
    }
}

extension SchemaCatalogue {
    /// The shapes of the proxy.
    static let proxySchemas: [(name: String, schema: Schema)] = [
        (
            "ProxyCall",
            .object([
                .required("id", .text, "Its id: the `usher-proxy-call` of its answer."),
                .required("integration", .optionalText, "Where it went; null when that is gone."),
                .required("method", .text, "The method."),
                .required("path", .text, "The path below the provider's base URL, without the query."),
                .required(
                    "state",
                    .choice(ProxyState.allCases.map(\.name)),
                    "`unknown`: it may have reached the provider, and no answer is known."
                ),
                .required("status", .nullable(.integer(100...999)), "The status of the answer."),
                .required("wedding", .optionalText, "The wedding it was for."),
                .required("priority", .choice(Priority.allCases.map(\.name)), "How urgent it was."),
                .required("started_at", .instant, "When it left."),
                .required("duration_ms", .nullable(.count), "How long it took, bodies included."),
                .required("bytes_in", .count, "The bytes of its body."),
                .required("bytes_out", .count, "The bytes of the answer's body."),
                .required("error", .optionalText, "Why there is no whole answer."),
            ])
        )
    ]
}
