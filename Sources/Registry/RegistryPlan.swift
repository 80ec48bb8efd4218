package import Domain

/// What the configuration file wants, with its secrets already read.
package struct DesiredRegistry: Sendable {
    /// Every source of the file with its secrets.
    package var sources: [(definition: SourceDefinition, secrets: [Secret])]
    /// Every destination of the file with its secrets.
    package var destinations: [(definition: DestinationDefinition, secrets: [Secret])]
    /// Every integration of the file with its credential.
    package var integrations: [(definition: IntegrationDefinition, credential: [String: Secret])]
    /// Every route of the file.
    package var routes: [RouteDefinition]

    /// Collects what the file wants.
    package init(
        sources: [(definition: SourceDefinition, secrets: [Secret])],
        destinations: [(definition: DestinationDefinition, secrets: [Secret])],
        integrations: [(definition: IntegrationDefinition, credential: [String: Secret])] = [],
        routes: [RouteDefinition] = []
    ) {
        self.sources = sources
        self.destinations = destinations
        self.integrations = integrations
        self.routes = routes
    }
}

/// The changes that bring the registry to what a file wants, each with a line for a person.
package struct RegistryPlan: Sendable {
    /// One planned change.
    package struct Entry: Sendable {
        /// The change itself.
        package let change: RegistryChange
        /// What it does, in words: `update destination app: url, concurrency`.
        package let summary: String
    }

    /// The changes in the order they are made.
    package let entries: [Entry]

    /// Whether there is nothing to do.
    package var isEmpty: Bool { entries.isEmpty }

    /// Compares what is registered with what is wanted.
    ///
    /// What the API owns and the file does not name is left alone; what both name becomes the file's.
    package init(from current: RegistrySnapshot, to desired: DesiredRegistry) {
        var entries: [Entry] = []
        for (definition, secrets) in desired.sources {
            entries += Self.source(definition, secrets, current.sources[definition.name.text])
        }
        for (definition, secrets) in desired.destinations {
            entries += Self.destination(definition, secrets, current.destination(named: definition.name))
        }
        let wantedDestinations = Set(desired.destinations.map(\.definition.name))
        for destination in current.destinations
        where destination.owner == .file && !wantedDestinations.contains(destination.name) {
            entries.append(
                Entry(
                    change: .removeDestination(destination.name),
                    summary: "remove destination \(destination.name); what waits for it becomes dead letters"
                )
            )
        }
        let wantedSources = Set(desired.sources.map(\.definition.name))
        for source in current.sources.values.sorted(by: { $0.name < $1.name })
        where source.owner == .file && !wantedSources.contains(source.name) {
            entries.append(
                Entry(
                    change: .removeSource(source.name),
                    summary: "remove source \(source.name); its events stay"
                )
            )
        }
        self.entries = entries + Self.integrations(desired, current)
    }

    private static func source(_ wanted: SourceDefinition, _ secrets: [Secret], _ current: Source?) -> [Entry]
    {
        guard let current else {
            return [
                Entry(
                    change: .createSource(wanted, secrets),
                    summary: "create source \(wanted.name) (\(wanted.provider))"
                )
            ]
        }
        var fields: [String] = []
        if wanted.provider != current.definition.provider { fields.append("provider") }
        if wanted.settings != current.definition.settings { fields.append("settings") }
        if wanted.enabled != current.definition.enabled { fields.append("enabled") }
        if wanted.bodyBytesMax != current.definition.bodyBytesMax { fields.append("body_bytes_max") }
        if wanted.ratePerSecond != current.definition.ratePerSecond { fields.append("rate_per_second") }
        if wanted.vendor != current.definition.vendor { fields.append("vendor") }
        if wanted.allowFrom != current.definition.allowFrom { fields.append("allow_from") }
        if wanted.retention != current.definition.retention { fields.append("retention") }
        if differ(secrets, current.secrets) { fields.append("secrets") }
        if current.owner != .file { fields.append("owner") }
        guard !fields.isEmpty else { return [] }
        return [
            Entry(
                change: .updateSource(wanted, secrets),
                summary: "update source \(wanted.name): \(fields.joined(separator: ", "))"
            )
        ]
    }

    private static func destination(
        _ wanted: DestinationDefinition,
        _ secrets: [Secret],
        _ current: Destination?
    ) -> [Entry] {
        guard let current else {
            return [
                Entry(
                    change: .createDestination(wanted, secrets),
                    summary: "create destination \(wanted.name) (\(wanted.url))"
                )
            ]
        }
        let old = current.definition
        var fields: [String] = []
        if wanted.url != old.url { fields.append("url") }
        if wanted.standbyURL != old.standbyURL { fields.append("standby_url") }
        if wanted.events != old.events { fields.append("events") }
        if wanted.sources != old.sources { fields.append("sources") }
        if wanted.enabled != old.enabled { fields.append("enabled") }
        if wanted.allowPrivate != old.allowPrivate { fields.append("allow_private") }
        if wanted.concurrency != old.concurrency { fields.append("concurrency") }
        if wanted.ratePerSecond != old.ratePerSecond { fields.append("rate_per_second") }
        if wanted.timeout != old.timeout { fields.append("timeout_seconds") }
        if wanted.attemptsMax != old.attemptsMax { fields.append("attempts_max") }
        if wanted.vendor != old.vendor { fields.append("vendor") }
        if differ(secrets, current.secrets) { fields.append("secrets") }
        if current.owner != .file { fields.append("owner") }
        guard !fields.isEmpty else { return [] }
        return [
            Entry(
                change: .updateDestination(wanted, secrets),
                summary: "update destination \(wanted.name): \(fields.joined(separator: ", "))"
            )
        ]
    }

    private static func differ(_ wanted: [Secret], _ stored: [RegistrySecret]) -> Bool {
        wanted.map(\.bytes) != stored.map(\.secret.bytes)
    }
}
