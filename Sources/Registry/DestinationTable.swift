import Domain
import Storage
import Vault

/// Reads and writes the rows of `destinations`.
struct DestinationTable {
    let vault: Vault

    private var secrets: SecretTable { SecretTable(ownerTable: "destinations", vault: vault) }

    private static let columns = """
        id, name, url, standby_url, events, sources, enabled, allow_private, concurrency, rate_per_second,
        timeout_microseconds, attempts_max, vendor, owner, stopped_at, stop_reason, created_at, updated_at
        """
    private static let selectAll = Statement("SELECT \(columns) FROM destinations ORDER BY name")
    private static let selectOne = Statement("SELECT \(columns) FROM destinations WHERE name = $1")
    private static let insert = Statement(
        """
        INSERT INTO destinations (name, url, standby_url, events, sources, enabled, allow_private, concurrency,
            rate_per_second, timeout_microseconds, attempts_max, vendor, owner, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) RETURNING id
        """
    )
    private static let update = Statement(
        """
        UPDATE destinations SET url = $2, standby_url = $3, events = $4, sources = $5, enabled = $6,
            allow_private = $7, concurrency = $8, rate_per_second = $9, timeout_microseconds = $10,
            attempts_max = $11, vendor = $12, owner = $13, updated_at = $14
        WHERE name = $1
        """
    )
    private static let delete = Statement("DELETE FROM destinations WHERE id = $1")
    private static let stop = Statement(
        "UPDATE destinations SET stopped_at = $2, stop_reason = $3 WHERE id = $1 AND stopped_at IS NULL"
    )
    private static let resume = Statement(
        "UPDATE destinations SET stopped_at = NULL, stop_reason = NULL WHERE id = $1"
    )

    func loadAll(_ transaction: Transaction) throws -> [Destination] {
        try transaction.query(Self.selectAll).map { try destination($0, transaction) }
    }

    func load(_ name: ResourceName, _ transaction: Transaction) throws -> Destination? {
        try transaction.first(Self.selectOne, [.text(name.text)]).map { try destination($0, transaction) }
    }

    func insert(
        _ definition: DestinationDefinition,
        _ values: [Secret],
        owner: RegistryOwner,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        let row = try transaction.first(Self.insert, arguments(definition, owner, now))
        guard let id = try row?.integer(0) else { throw RegistryError.notFound(definition.name.text) }
        try secrets.replace(owner: id, with: values, now: now, transaction)
    }

    /// - Parameter values: the new secrets; nil leaves those that are there.
    func update(
        _ current: Destination,
        to definition: DestinationDefinition,
        _ values: [Secret]?,
        owner: RegistryOwner,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(Self.update, arguments(definition, owner, now))
        if let values { try secrets.replace(owner: current.id, with: values, now: now, transaction) }
    }

    func delete(_ destination: Destination, now: Instant, _ transaction: Transaction) throws {
        try RemovedNameTable.remember(
            .destination,
            destination.id,
            destination.name,
            destination.definition.vendor,
            now,
            transaction
        )
        try secrets.replace(owner: destination.id, with: [], now: now, transaction)
        try transaction.execute(Self.delete, [.integer(destination.id)])
    }

    func stop(_ id: Int64, reason: String, now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(Self.stop, [.integer(id), .integer(now.microseconds), .text(reason)])
    }

    func resume(_ id: Int64, _ transaction: Transaction) throws {
        try transaction.execute(Self.resume, [.integer(id)])
    }

    private func arguments(
        _ definition: DestinationDefinition,
        _ owner: RegistryOwner,
        _ now: Instant
    ) -> [SQLValue] {
        [
            .text(definition.name.text),
            .text(definition.url),
            definition.standbyURL.map { .text($0) } ?? .null,
            .text(textList(definition.events)),
            .text(textList(definition.sources.map(\.text))),
            .integer(definition.enabled ? 1 : 0),
            .integer(definition.allowPrivate ? 1 : 0),
            .integer(Int64(definition.concurrency)),
            definition.ratePerSecond.map { .real($0) } ?? .null,
            .integer(definition.timeout.microseconds),
            .integer(Int64(definition.attemptsMax)),
            definition.vendor.map { .text($0.text) } ?? .null,
            .text(owner.rawValue),
            .integer(now.microseconds),
        ]
    }

    private func destination(_ row: Row, _ transaction: Transaction) throws -> Destination {
        let id = try row.integer(0)
        let definition = DestinationDefinition(
            name: try resourceName(try row.text(1)),
            url: try row.text(2),
            standbyURL: try row.optionalText(3),
            events: try texts(try row.text(4)),
            sources: try texts(try row.text(5)).map(resourceName),
            enabled: try row.bool(6),
            allowPrivate: try row.bool(7),
            concurrency: Int(try row.integer(8)),
            ratePerSecond: try row.optionalReal(9),
            timeout: .microseconds(try row.integer(10)),
            attemptsMax: Int(try row.integer(11)),
            vendor: try row.optionalText(12).map(resourceName)
        )
        let stoppedAt = try row.optionalInteger(14).map(Instant.init(microseconds:))
        let reason = try row.optionalText(15) ?? ""
        return Destination(
            id: id,
            definition: definition,
            owner: RegistryOwner(rawValue: try row.text(13)) ?? .api,
            secrets: try secrets.load(owner: id, transaction),
            patterns: definition.events.compactMap(EventPattern.init),
            stop: stoppedAt.map { DestinationStop(since: $0, reason: reason) },
            createdAt: try row.instant(16),
            updatedAt: try row.instant(17)
        )
    }
}

/// A list of texts as a JSON array.
func textList(_ texts: [String]) -> String {
    String(decoding: JSONValue.array(texts.map { .string($0) }).serialized(), as: UTF8.self)
}

/// The texts of a stored JSON array.
func texts(_ stored: String) throws -> [String] {
    try JSONParser.parse(Array(stored.utf8)).array?.compactMap(\.string) ?? []
}
