package import Access
import Calls
package import Domain
package import Registry
package import Storage
package import Telemetry
package import Vault
package import Webhooks

/// What the handlers of resources work with.
package struct ResourceContext: Sendable {
    let database: Database
    let registry: ResourceRegistry
    let consents: ConsentFlow
    let weddings: WeddingRegistry
    let keys: APIKeys
    let queries: WebhookQueries
    let replayer: Replayer
    let retention: Retention
    let health: HealthReporter
    let metrics: Metrics
    let time: Time
    let publicURL: String
    let cursors: CursorCodec

    /// Collects the services.
    ///
    /// - Parameter publicURL: the URL that providers know, without a slash at its end.
    package init(
        database: Database,
        vault: Vault,
        registry: ResourceRegistry,
        consents: ConsentFlow,
        weddings: WeddingRegistry,
        keys: APIKeys,
        queries: WebhookQueries,
        replayer: Replayer,
        retention: Retention,
        health: HealthReporter,
        metrics: Metrics,
        time: Time,
        publicURL: String
    ) {
        self.database = database
        self.registry = registry
        self.consents = consents
        self.weddings = weddings
        self.keys = keys
        self.queries = queries
        self.replayer = replayer
        self.retention = retention
        self.health = health
        self.metrics = metrics
        self.time = time
        self.publicURL = publicURL
        cursors = CursorCodec { vault.keyedHash(.cursor, $0) }
    }

    /// The sources whose events this caller may see; nil is all of them.
    func visibleSources(_ scope: AccessScope) -> [Int64]? {
        guard scope.principal != .platform else { return nil }
        return registry.snapshot.sources.values.filter { mayRead($0.definition.vendor, scope) }.map(\.id)
            .sorted()
    }

    /// What exists, as far as a scope may see it.
    func visibleSnapshot(_ scope: AccessScope) -> RegistrySnapshot {
        let snapshot = registry.snapshot
        return RegistrySnapshot(
            sources: snapshot.sources.values.filter { mayRead($0.definition.vendor, scope) },
            destinations: snapshot.destinations.filter { mayRead($0.definition.vendor, scope) },
            integrations: snapshot.integrations.filter { mayRead($0.definition.vendor, scope) },
            routes: scope.principal == .platform ? snapshot.storedRoutes : []
        )
    }

    /// The deliveries of an event with their tries: a vendor does not learn where else its events go.
    func visibleHistory(
        of event: StoredEvent,
        _ scope: AccessScope
    ) async throws -> [(StoredDelivery, [AttemptRecord])] {
        let history = try await queries.history(of: event)
        guard scope.principal != .platform else { return history }
        let visible = Set(visibleSnapshot(scope).destinations.map(\.id))
        return history.filter { visible.contains($0.0.destinationID) }
    }

    /// Whether this caller may see what belongs to `vendor`; nil is the platform's own.
    func mayRead(_ vendor: ResourceName?, _ scope: AccessScope) -> Bool {
        vendor.map { scope.mayRead(vendor: $0) } ?? (scope.principal == .platform)
    }

    /// The source of this name, if this caller may see it; 404 otherwise.
    func source(_ name: String, _ scope: AccessScope) throws -> Source {
        guard let source = registry.snapshot.sources[name], mayRead(source.definition.vendor, scope) else {
            throw Problem.notFound
        }
        return source
    }

    /// The destination of this name, if this caller may see it; 404 otherwise.
    func destination(_ name: String, _ scope: AccessScope) throws -> Destination {
        guard let name = ResourceName(name), let destination = registry.snapshot.destination(named: name),
            mayRead(destination.definition.vendor, scope)
        else { throw Problem.notFound }
        return destination
    }

    /// The integration of this name, if this caller may see it; 404 otherwise.
    func integration(_ name: String, _ scope: AccessScope) throws -> Integration {
        guard let name = ResourceName(name), let integration = registry.snapshot.integration(named: name),
            mayRead(integration.definition.vendor, scope)
        else { throw Problem.notFound }
        return integration
    }

    /// The wedding that a call is for, if this caller works it; nil when it names none.
    func wedding(_ text: String?, _ scope: AccessScope) throws -> WeddingID? {
        guard let text else { return nil }
        guard let id = WeddingID(text), let wedding = weddings.snapshot.weddings[id] else {
            throw Problem(CallError.unknownOwner("wedding"))
        }
        if case .vendor(let vendor) = scope.principal {
            guard wedding.isWorked(by: vendor) else { throw Problem(CallError.unknownOwner("wedding")) }
        }
        return id
    }

    /// The row number that a named source in a filter stands for; a name that is not there is a 400.
    func sourceID(_ name: String?, _ scope: AccessScope) throws -> Int64? {
        guard let name else { return nil }
        guard let source = try? source(name, scope) else {
            throw Problem.badRequest("unknown-source", "There is no source of that name.")
        }
        return source.id
    }

    /// The row number that a named destination in a filter stands for; a name that is not there is a 400.
    func destinationID(_ name: String?, _ scope: AccessScope) throws -> Int64? {
        guard let name else { return nil }
        guard let destination = try? destination(name, scope) else {
            throw Problem.badRequest("unknown-destination", "There is no destination of that name.")
        }
        return destination.id
    }

    /// The number a page starts at, from the call's `cursor`.
    func position(_ call: RouteCall, listing: [String]) throws -> Int64? {
        guard let text = call.text("cursor") else { return nil }
        let bytes = try cursors.decode(text, listing: listing)
        guard bytes.count == 8 else { throw Problem.invalidCursor }
        return Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// The cursor for the page that starts at `position`.
    func cursor(_ position: Int64?, listing: [String]) -> String? {
        guard let position else { return nil }
        let number = UInt64(bitPattern: position)
        let bytes = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: number >> UInt64($0))
        }
        return cursors.encode(bytes, listing: listing)
    }
}

extension RouteCall {
    /// The page's size: 50 unless the caller says otherwise.
    var limit: Int { integer("limit") ?? 50 }

    /// The instant of a parameter; 400 when it is none.
    func instant(_ name: String) throws -> Instant? {
        guard let text = text(name) else { return nil }
        guard let instant = Instant(text) else {
            throw Problem.badRequest(
                "invalid-instant",
                "Write '\(name)' as RFC 3339, such as 2026-06-20T16:00:00Z."
            )
        }
        return instant
    }

    /// What the listing is, for its cursors: its name, its filters and whose it is.
    func listing(_ name: String, _ scope: AccessScope) -> [String] {
        let filters = request.query.parameters.filter { $0.name != "cursor" && $0.name != "limit" }
        return [name, scope.principal.description] + filters.map { "\($0.name)=\($0.value)" }.sorted()
    }
}
