package import Domain
import Registry

/// Which server the command line talks to, and with which key.
package struct ControlSettings: Sendable {
    /// The environment variable of the address.
    package static let urlVariable = "USHER_URL"
    /// The environment variable of the key.
    package static let keyVariable = "USHER_API_KEY"
    /// Where `usher demo` leaves its key, readable by its owner only.
    package static let demonstrationKeyPath = "./usher-data/admin.key"

    /// Where the server is.
    package let address: ControlAddress
    /// The key; nil when there is none.
    package let key: Secret?

    /// Finds both: what was given, else the environment, else the defaults.
    ///
    /// The demonstration's key is taken for a server on this machine only.
    /// - Parameter key: the key itself, `env:NAME` or `file:PATH`.
    /// - Throws: `ControlError.invalidAddress`, `SecretResolutionError` for a given key that cannot be read.
    package init(url: String?, key: String?, resolver: SecretResolver) throws {
        let address = try ControlAddress(
            url ?? resolver.environment(Self.urlVariable) ?? ControlAddress.standard
        )
        self.address = address
        if let key {
            self.key = try resolver.resolve(SecretReference(key), for: "--key")
        } else if let key = resolver.environment(Self.keyVariable), !key.isEmpty {
            self.key = Secret(key)
        } else if address.isLoopback {
            self.key = try? resolver.resolve(.file(Self.demonstrationKeyPath), for: "the command line")
        } else {
            self.key = nil
        }
    }
}
