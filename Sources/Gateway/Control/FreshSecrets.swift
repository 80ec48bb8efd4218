import Signatures
import Vault

/// New secrets for people who set things up.
package enum FreshSecrets {
    /// A signing secret for a destination or a Standard Webhooks source: `whsec_` and 32 random bytes as base64.
    package static func signing() -> String {
        StandardWebhooksSigner.newSecret(random: .system)
    }

    /// Makes a root key file, readable by its owner only; false when there is a sound one already.
    ///
    /// - Throws: `VaultError` when it cannot be made, or what is there is no root key.
    package static func rootKey(at path: String) throws -> Bool {
        try RootKeyFile.loadOrCreate(path, random: .system).created
    }
}
