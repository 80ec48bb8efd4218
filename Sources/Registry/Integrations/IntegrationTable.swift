import Domain
import Providers
import Storage
import Vault

/// Reads and writes the rows of `integrations`.
///
/// A credential is one sealed object from names to values, so that no value can be moved to another field.
struct IntegrationTable: Sendable {
    let vault: Vault
    let facts: @Sendable (APIProvider) -> ProviderFacts?

    private var secrets: SecretTable { SecretTable(ownerTable: "integrations", vault: vault) }

    private static let columns = """
        id, name, provider, base_url, allow_private, vendor, enabled, limits, settings, owner, created_at, updated_at,
        consent_since, consent_reason, sealed
        """
    private static let rows = "integrations LEFT JOIN integration_tokens ON integration_id = id"
    private static let selectAll = Statement("SELECT \(columns) FROM \(rows) ORDER BY name")
    private static let selectOne = Statement("SELECT \(columns) FROM \(rows) WHERE name = $1")
    private static let countAll: Statement = "SELECT COUNT(*) FROM integrations"
    private static let insert = Statement(
        """
        INSERT INTO integrations (name, provider, base_url, allow_private, vendor, enabled, limits, settings, owner,
            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id
        """
    )
    private static let update = Statement(
        """
        UPDATE integrations SET provider = $2, base_url = $3, allow_private = $4, vendor = $5, enabled = $6,
            limits = $7, settings = $8, owner = $9, updated_at = $10
        WHERE name = $1
        """
    )
    private static let delete = Statement("DELETE FROM integrations WHERE id = $1")

    func loadAll(_ transaction: Transaction) throws -> [Integration] {
        try transaction.query(Self.selectAll).compactMap { try integration($0, transaction) }
    }

    func load(_ name: ResourceName, _ transaction: Transaction) throws -> Integration? {
        try transaction.first(Self.selectOne, [.text(name.text)]).flatMap { try integration($0, transaction) }
    }

    func count(_ transaction: Transaction) throws -> Int {
        Int(try transaction.first(Self.countAll)?.integer(0) ?? 0)
    }

    func insert(
        _ definition: IntegrationDefinition,
        _ credential: [String: Secret],
        owner: RegistryOwner,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        let row = try transaction.first(Self.insert, arguments(definition, owner, now))
        guard let id = try row?.integer(0) else { throw RegistryError.notFound(definition.name.text) }
        try secrets.replace(owner: id, with: [bundle(credential)], now: now, transaction)
    }

    /// - Parameter credential: the new one; nil leaves the one that is there.
    func update(
        _ current: Integration,
        to definition: IntegrationDefinition,
        _ credential: [String: Secret]?,
        owner: RegistryOwner,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(Self.update, arguments(definition, owner, now))
        guard let credential else { return }
        try secrets.replace(owner: current.id, with: [bundle(credential)], now: now, transaction)
    }

    func delete(_ integration: Integration, now: Instant, _ transaction: Transaction) throws {
        try RemovedNameTable.remember(
            .integration,
            integration.id,
            integration.name,
            integration.definition.vendor,
            now,
            transaction
        )
        try secrets.replace(owner: integration.id, with: [], now: now, transaction)
        try transaction.execute(Self.delete, [.integer(integration.id)])
    }

    private func arguments(
        _ definition: IntegrationDefinition,
        _ owner: RegistryOwner,
        _ now: Instant
    ) -> [SQLValue] {
        [
            .text(definition.name.text),
            .text(definition.provider.rawValue),
            .optional(definition.baseURL) { .text($0) },
            .bool(definition.allowPrivate),
            .optional(definition.vendor) { .text($0.text) },
            .bool(definition.enabled),
            .text(text(IntegrationLimit.json(definition.limits))),
            .text(text(definition.settings)),
            .text(owner.rawValue),
            .instant(now),
        ]
    }

    private func text(_ json: JSONValue) -> String {
        String(decoding: json.serialized(), as: UTF8.self)
    }

    /// The credential as one secret; its values are UTF-8, as `DefinitionCheck` has seen to.
    private func bundle(_ credential: [String: Secret]) -> Secret {
        let members = credential.sorted { $0.key < $1.key }.map { name, secret in
            JSONMember(name, .string(String(decoding: secret.bytes, as: UTF8.self)))
        }
        return Secret(JSONValue.object(members).serialized())
    }

    private func credential(_ bundle: Secret?) throws -> [String: Secret] {
        guard let bundle else { return [:] }
        guard let members = try? JSONParser.parse(bundle.bytes).object else {
            throw StorageError.corrupt("the credential of an integration is not an object")
        }
        return Dictionary(members.map { ($0.name, Secret($0.value.string ?? "")) }) { first, _ in first }
    }

    /// The integration of a row; nil for one of a provider that a later release of Usher knows.
    private func integration(_ row: Row, _ transaction: Transaction) throws -> Integration? {
        guard let provider = APIProvider(name: try row.text(2)) else { return nil }
        let id = try row.integer(0)
        guard let limits = IntegrationLimit.list(try JSONParser.parse(Array(try row.text(7).utf8))) else {
            throw StorageError.corrupt("the limits of an integration are none")
        }
        let definition = IntegrationDefinition(
            name: try resourceName(try row.text(1)),
            provider: provider,
            baseURL: try row.optionalText(3),
            allowPrivate: try row.bool(4),
            vendor: try row.optionalText(5).map(resourceName),
            enabled: try row.bool(6),
            limits: limits,
            settings: try JSONParser.parse(Array(try row.text(8).utf8))
        )
        let credential = try credential(try secrets.load(owner: id, transaction).first?.secret)
        let updatedAt = try row.instant(11)
        let known = facts(provider)
        return Integration(
            id: id,
            definition: definition,
            owner: RegistryOwner(rawValue: try row.text(9)) ?? .api,
            credential: credential,
            facts: known,
            consent: try consent(row, known, credential, updatedAt),
            createdAt: try row.instant(10),
            updatedAt: updatedAt
        )
    }

    private func consent(
        _ row: Row,
        _ facts: ProviderFacts?,
        _ credential: [String: Secret],
        _ updatedAt: Instant
    ) throws -> ConsentNeed? {
        if let since = try row.optionalInstant(12) {
            return ConsentNeed(since: since, reason: try row.optionalText(13) ?? "")
        }
        guard facts?.consentField != nil, credential[ProviderFacts.refreshField] == nil,
            try row.optionalBlob(14) == nil
        else { return nil }
        return ConsentNeed(since: updatedAt, reason: "not_connected")
    }
}
