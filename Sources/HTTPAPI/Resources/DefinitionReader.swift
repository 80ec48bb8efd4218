import Domain
import Registry

/// Reads sources and destinations out of request bodies; what a body leaves out stays as it is.
enum DefinitionReader {
    /// Reads a source over `base`; 400 when a name is none.
    static func source(_ body: JSONValue, over base: SourceDefinition) throws -> SourceDefinition {
        var definition = base
        if let provider = body["provider"]?.string { definition.provider = provider }
        if let settings = body["settings"] { definition.settings = settings }
        if let enabled = body["enabled"]?.bool { definition.enabled = enabled }
        if let bytes = body["body_bytes_max"]?.int64 { definition.bodyBytesMax = Int(bytes) }
        if let rate = body["rate_per_second"] { definition.ratePerSecond = rate.double }
        if let vendor = body["vendor"] {
            definition.vendor = try vendor.string.map { try name($0, "vendor") }
        }
        if let ranges = body["allow_from"]?.array { definition.allowFrom = ranges.compactMap(\.string) }
        if let days = body["retention"]?["bodies_days"]?.int64 { definition.retention.bodiesDays = Int(days) }
        if let days = body["retention"]?["fields_days"]?.int64 { definition.retention.fieldsDays = Int(days) }
        return definition
    }

    /// Reads a destination over `base`; 400 when a name is none.
    static func destination(
        _ body: JSONValue,
        over base: DestinationDefinition
    ) throws -> DestinationDefinition {
        var definition = base
        if let url = body["url"]?.string { definition.url = url }
        if let standby = body["standby_url"] { definition.standbyURL = standby.string }
        if let events = body["events"]?.array { definition.events = events.compactMap(\.string) }
        if let sources = body["sources"]?.array {
            definition.sources = try sources.compactMap(\.string).map { try name($0, "sources") }
        }
        if let enabled = body["enabled"]?.bool { definition.enabled = enabled }
        if let allowed = body["allow_private"]?.bool { definition.allowPrivate = allowed }
        if let concurrency = body["concurrency"]?.int64 { definition.concurrency = Int(concurrency) }
        if let rate = body["rate_per_second"] { definition.ratePerSecond = rate.double }
        if let seconds = body["timeout_seconds"]?.double {
            definition.timeout = Duration(fractionalSeconds: min(max(seconds, 0), 3_600))
        }
        if let attempts = body["attempts_max"]?.int64 { definition.attemptsMax = Int(attempts) }
        if let vendor = body["vendor"] {
            definition.vendor = try vendor.string.map { try name($0, "vendor") }
        }
        return definition
    }

    /// The secrets of a body, as values; nil when it has none.
    ///
    /// References to the server's own environment and files are for its configuration file: whoever may call the
    /// API must not have them read.
    static func secrets(_ body: JSONValue) throws -> [Secret]? {
        let texts = body["secrets"]?.array?.compactMap(\.string) ?? body["secret"]?.string.map { [$0] }
        return try texts?.map { text in
            guard case .value(let secret) = SecretReference(text) else {
                throw Problem.badRequest(
                    "secret-reference",
                    "Send the secret itself; env: and file: work in the configuration file only."
                )
            }
            return Secret(secret.bytes)
        }
    }

    /// A name; 400 when it is none.
    static func name(_ text: String, _ field: String) throws -> ResourceName {
        guard let name = ResourceName(text) else {
            throw Problem.badRequest(
                "invalid-name",
                "'\(field)' takes names of 1 to 63 of a-z, 0-9 and '-', starting with a letter."
            )
        }
        return name
    }
}
