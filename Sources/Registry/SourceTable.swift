import Domain
import Providers
import Storage
import Transport
import Vault

/// Reads and writes the rows of `sources`.
struct SourceTable {
    let vault: Vault

    private var secrets: SecretTable { SecretTable(ownerTable: "sources", vault: vault) }

    private static let columns = """
        id, name, provider, settings, enabled, body_bytes_max, rate_per_second, vendor, owner, created_at, updated_at,
        allow_from, bodies_days, fields_days
        """
    private static let selectAll = Statement("SELECT \(columns) FROM sources ORDER BY name")
    private static let selectOne = Statement("SELECT \(columns) FROM sources WHERE name = $1")
    private static let insert = Statement(
        """
        INSERT INTO sources (name, provider, settings, enabled, body_bytes_max, rate_per_second, vendor, owner,
            created_at, updated_at, allow_from, bodies_days, fields_days)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12) RETURNING id
        """
    )
    private static let update = Statement(
        """
        UPDATE sources SET provider = $2, settings = $3, enabled = $4, body_bytes_max = $5, rate_per_second = $6,
            vendor = $7, owner = $8, updated_at = $9, allow_from = $10,
            bodies_days = $11, fields_days = $12
        WHERE name = $1
        """
    )
    private static let delete = Statement("DELETE FROM sources WHERE id = $1")

    func loadAll(_ transaction: Transaction) throws -> [Source] {
        try transaction.query(Self.selectAll).map { try source($0, transaction) }
    }

    func load(_ name: ResourceName, _ transaction: Transaction) throws -> Source? {
        try transaction.first(Self.selectOne, [.text(name.text)]).map { try source($0, transaction) }
    }

    func insert(
        _ definition: SourceDefinition,
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
        _ current: Source,
        to definition: SourceDefinition,
        _ values: [Secret]?,
        owner: RegistryOwner,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(Self.update, arguments(definition, owner, now))
        if let values { try secrets.replace(owner: current.id, with: values, now: now, transaction) }
    }

    func delete(_ source: Source, now: Instant, _ transaction: Transaction) throws {
        try RemovedNameTable.remember(
            .source,
            source.id,
            source.name,
            source.definition.vendor,
            now,
            transaction
        )
        try secrets.replace(owner: source.id, with: [], now: now, transaction)
        try transaction.execute(Self.delete, [.integer(source.id)])
    }

    private func arguments(
        _ definition: SourceDefinition,
        _ owner: RegistryOwner,
        _ now: Instant
    ) -> [SQLValue] {
        [
            .text(definition.name.text),
            .text(definition.provider),
            .text(String(decoding: definition.settings.serialized(), as: UTF8.self)),
            .integer(definition.enabled ? 1 : 0),
            .integer(Int64(definition.bodyBytesMax)),
            definition.ratePerSecond.map { .real($0) } ?? .null,
            definition.vendor.map { .text($0.text) } ?? .null,
            .text(owner.rawValue),
            .integer(now.microseconds),
            .text(textList(definition.allowFrom)),
            .integer(definition.retention.bodiesDays),
            .integer(definition.retention.fieldsDays),
        ]
    }

    private func source(_ row: Row, _ transaction: Transaction) throws -> Source {
        let id = try row.integer(0)
        let name = try resourceName(try row.text(1))
        let settings = try JSONParser.parse(Array(try row.text(3).utf8))
        let provider = try row.text(2)
        let definition = SourceDefinition(
            name: name,
            provider: provider,
            settings: settings,
            enabled: try row.bool(4),
            bodyBytesMax: Int(try row.integer(5)),
            ratePerSecond: try row.optionalReal(6),
            vendor: try row.optionalText(7).map(resourceName),
            allowFrom: try texts(try row.text(11)),
            retention: SourceRetention(
                bodiesDays: Int(try row.integer(12)),
                fieldsDays: Int(try row.integer(13))
            )
        )
        return Source(
            id: id,
            definition: definition,
            owner: RegistryOwner(rawValue: try row.text(8)) ?? .api,
            secrets: try secrets.load(owner: id, transaction),
            dialect: try makeDialect(provider: provider, settings: settings),
            correlation: try makeCorrelation(provider: provider, settings: settings),
            allowedRanges: try definition.allowFrom.map(addressRange),
            createdAt: try row.instant(9),
            updatedAt: try row.instant(10)
        )
    }
}

/// A stored range; one that breaks the rule means a damaged database, and must not open the source to everybody.
private func addressRange(_ text: String) throws -> AddressRange {
    guard let range = AddressRange(text) else {
        throw StorageError.corrupt("a range of addresses of a source is not one")
    }
    return range
}

/// A stored name; one that breaks the rule means a damaged database.
func resourceName(_ text: String) throws -> ResourceName {
    guard let name = ResourceName(text) else {
        throw StorageError.corrupt("the name of a registry row is not one")
    }
    return name
}
