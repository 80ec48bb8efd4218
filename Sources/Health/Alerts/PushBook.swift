package import Domain
package import Signatures
package import Storage
package import Vault

/// Names a browser's subscription.
package enum PushSubscriptionKind: IdentifierKind {
    package static let prefix = "psh"
}
/// The id of a browser's subscription.
package typealias PushSubscriptionID = Identifier<PushSubscriptionKind>

/// A browser that wants to be told, without what is secret of it.
package struct PushListing: Hashable, Sendable {
    /// Its id.
    package let id: PushSubscriptionID
    /// What people call it.
    package let label: String
    /// Who subscribed it: an API key.
    package let by: String
    /// Since when.
    package let createdAt: Instant
}

/// The browsers that are told of alerts, and the key that their push services know us by.
package struct PushBook: Sendable {
    /// The most browsers.
    package static let countMax = 200
    /// The longest label, in bytes.
    package static let labelBytesMax = 100
    /// How often a key is drawn before chance is given up; one draw in 2³² is none.
    private static let drawsMax = 8

    private let database: Database
    private let vault: Vault
    private let time: Time
    private let random: RandomSource

    /// Reads and writes the subscriptions of a database.
    package init(database: Database, vault: Vault, time: Time, random: RandomSource) {
        self.database = database
        self.vault = vault
        self.time = time
        self.random = random
    }

    /// Our key's public part, with which a browser subscribes; made and stored at the first need.
    package func publicKey() async throws -> String {
        guard let text = WebPush.publicKey(of: try await applicationKey()) else {
            throw VaultError.malformed
        }
        return text
    }

    /// Stores a browser, in place of what one with the same endpoint gave before.
    ///
    /// Nil when there are `countMax`.
    package func add(_ subscription: PushSubscription, label: String, by: String) async throws -> PushListing?
    {
        let id = PushSubscriptionID(now: time.now(), random: random)
        let json: JSONValue = [
            "endpoint": .string(subscription.endpoint),
            "key": .string(Base64.encode(subscription.key, .urlSafe)),
            "secret": .string(Base64.encode(subscription.secret, .urlSafe)),
        ]
        let stored = PushTable.Stored(
            id: id,
            sealed: try vault.seal(json.serialized(), Self.context(id)),
            label: label,
            by: by,
            createdAt: time.now()
        )
        let hash = vault.keyedHash(.blindIndex, Array("push ".utf8) + Array(subscription.endpoint.utf8))
        let isStored = try await database.write { transaction in
            guard try PushTable.count(transaction) < Self.countMax else { return false }
            try PushTable.save(stored, endpointHash: hash, transaction)
            return true
        }
        return isStored ? PushListing(id: id, label: label, by: by, createdAt: stored.createdAt) : nil
    }

    /// Forgets a browser; false when there is none of that id.
    @discardableResult
    package func remove(_ id: PushSubscriptionID) async throws -> Bool {
        try await database.write { try PushTable.remove(id, $0) }
    }

    /// The browsers there are.
    package func list() async throws -> [PushListing] {
        try await database.read { try PushTable.all(limit: Self.countMax, $0) }
            .map { PushListing(id: $0.id, label: $0.label, by: $0.by, createdAt: $0.createdAt) }
    }

    /// The browsers with what it takes to write to them.
    func subscriptions() async throws -> [(PushSubscriptionID, PushSubscription)] {
        try await database.read { try PushTable.all(limit: Self.countMax, $0) }.compactMap { stored in
            let json = try JSONParser.parse(try vault.open(stored.sealed, Self.context(stored.id)))
            guard let endpoint = json["endpoint"]?.string,
                let key = json["key"]?.string.flatMap({ Base64.decode($0, .urlSafe) }),
                let secret = json["secret"]?.string.flatMap({ Base64.decode($0, .urlSafe) }),
                let subscription = PushSubscription(
                    endpoint: endpoint,
                    key: key,
                    secret: secret,
                    allowsPlain: true
                )
            else { return nil }
            return (stored.id, subscription)
        }
    }

    /// Our private key, 32 bytes; made and stored at the first need.
    func applicationKey() async throws -> [UInt8] {
        if let sealed = try await database.read({ try PushTable.key($0) }) {
            return try vault.open(sealed, Self.keyContext)
        }
        let sealed = try vault.seal(privateKey(), Self.keyContext)
        let now = time.now()
        let stored = try await database.write { transaction in
            try transaction.lock("push-key")
            if let earlier = try PushTable.key(transaction) { return earlier }
            try PushTable.save(key: sealed, now: now, transaction)
            return sealed
        }
        return try vault.open(stored, Self.keyContext)
    }

    /// A new private key on P-256.
    func privateKey() -> [UInt8] {
        for _ in 0..<Self.drawsMax {
            let bytes = random.bytes(32)
            if WebPush.isPrivateKey(bytes) { return bytes }
        }
        preconditionFailure("chance gives the same useless bytes again and again")
    }

    private static let keyContext = SealContext(table: "push_keys", column: "sealed", row: [1])

    private static func context(_ id: PushSubscriptionID) -> SealContext {
        SealContext(table: "push_subscriptions", column: "sealed", row: id.bytes)
    }
}
