import Domain
import Providers
import Storage
import Vault

/// Reads and writes the rows of `integration_tokens`.
///
/// The tokens are sealed under the row's version, which grows with each change: an older row put back does not open.
struct TokenTable: Sendable {
    /// What is stored of one integration.
    struct Stored: Sendable {
        var version: Int64 = 0
        var access: AccessToken?
        /// The newest refresh token; nil while the credential's own is the newest.
        var refresh: Secret?
        /// Until when a node is asking for new tokens.
        var claimedUntil: Instant?
        var consent: ConsentNeed?
    }

    let vault: Vault

    private static let select: Statement = """
        SELECT version, sealed, issued_at, expires_at, claimed_until, consent_since, consent_reason
        FROM integration_tokens WHERE integration_id = $1
        """
    private static let prepare: Statement = """
        INSERT INTO integration_tokens (integration_id, version)
        SELECT id, 0 FROM integrations WHERE id = $1 ON CONFLICT (integration_id) DO NOTHING
        """
    private static let claim: Statement = """
        UPDATE integration_tokens SET claimed_until = $3
        WHERE integration_id = $1 AND version = $2 AND (claimed_until IS NULL OR claimed_until <= $4)
        """
    private static let release: Statement =
        "UPDATE integration_tokens SET claimed_until = NULL WHERE integration_id = $1 AND version = $2"
    private static let store: Statement = """
        UPDATE integration_tokens SET version = version + 1, sealed = $3, issued_at = $4, expires_at = $5,
            claimed_until = NULL, consent_since = NULL, consent_reason = NULL
        WHERE integration_id = $1 AND version = $2
        """
    private static let mark: Statement = """
        UPDATE integration_tokens SET consent_since = $3, consent_reason = $4, claimed_until = NULL
        WHERE integration_id = $1 AND version = $2
        """
    private static let forget: Statement = """
        UPDATE integration_tokens SET version = version + 1, sealed = NULL, issued_at = NULL, expires_at = NULL,
            claimed_until = NULL, consent_since = NULL, consent_reason = NULL
        WHERE integration_id = $1
        """
    private static let remove: Statement = "DELETE FROM integration_tokens WHERE integration_id = $1"

    func load(_ integration: Int64, _ transaction: Transaction) throws -> Stored {
        guard let row = try transaction.first(Self.select, [.integer(integration)]) else { return Stored() }
        var stored = Stored()
        stored.version = try row.integer(0)
        stored.claimedUntil = try row.optionalInstant(4)
        if let since = try row.optionalInstant(5) {
            stored.consent = ConsentNeed(since: since, reason: try row.optionalText(6) ?? "")
        }
        guard let sealed = try row.optionalBlob(1) else { return stored }
        let json = try JSONParser.parse(try vault.open(sealed, context(integration, stored.version)))
        stored.refresh = json["refresh"]?.string.map { Secret($0) }
        if let text = json["access"]?.string, let issued = try row.optionalInstant(2),
            let expires = try row.optionalInstant(3)
        {
            stored.access = AccessToken(secret: Secret(text), issuedAt: issued, expiresAt: expires)
        }
        return stored
    }

    /// Says to all nodes that this one asks for new tokens; gives whether it may.
    func claim(
        _ integration: Int64,
        over version: Int64,
        until end: Instant,
        now: Instant,
        _ transaction: Transaction
    ) throws -> Bool {
        try transaction.execute(Self.prepare, [.integer(integration)])
        return try transaction.execute(
            Self.claim,
            [.integer(integration), .integer(version), .instant(end), .instant(now)]
        ) == 1
    }

    /// Ends a claim that brought nothing.
    func release(_ integration: Int64, over version: Int64, _ transaction: Transaction) throws {
        try transaction.execute(Self.release, [.integer(integration), .integer(version)])
    }

    /// Stores tokens in place of those of `version` and ends the claim; false when others were faster.
    func store(
        _ integration: Int64,
        access: AccessToken?,
        refresh: Secret?,
        over version: Int64,
        _ transaction: Transaction
    ) throws -> Bool {
        var members: [JSONMember] = []
        for (name, secret) in [("access", access?.secret), ("refresh", refresh)] {
            guard let secret else { continue }
            members.append(JSONMember(name, .string(String(decoding: secret.bytes, as: UTF8.self))))
        }
        let sealed = try vault.seal(
            JSONValue.object(members).serialized(),
            context(integration, version + 1)
        )
        return try transaction.execute(
            Self.store,
            [
                .integer(integration), .integer(version), .blob(sealed),
                .optional(access?.issuedAt) { .instant($0) }, .optional(access?.expiresAt) { .instant($0) },
            ]
        ) == 1
    }

    /// Notes that a person must consent again; false when there are newer tokens.
    func mark(
        _ integration: Int64,
        _ need: ConsentNeed,
        over version: Int64,
        _ transaction: Transaction
    ) throws -> Bool {
        try transaction.execute(
            Self.mark,
            [.integer(integration), .integer(version), .instant(need.since), .text(need.reason)]
        ) == 1
    }

    /// Drops what an integration got with a credential that is not its own any more.
    ///
    /// The row stays: an exchange that is on its way must not find its version again.
    static func forget(_ integration: Int64, _ transaction: Transaction) throws {
        try transaction.execute(forget, [.integer(integration)])
    }

    /// Drops the row of an integration that is being removed.
    static func remove(_ integration: Int64, _ transaction: Transaction) throws {
        try transaction.execute(remove, [.integer(integration)])
    }

    private func context(_ integration: Int64, _ version: Int64) -> SealContext {
        SealContext(
            table: "integration_tokens",
            column: "sealed",
            row: Array("\(integration)".utf8),
            version: UInt64(clamping: version)
        )
    }
}
