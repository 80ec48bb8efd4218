import Domain
import Foundation
package import Providers
import Signatures

/// The private keys of the providers that the demonstration plays, as they lie beside its configuration.
///
/// `{"paypal": {"private_key": "-----BEGIN…", "certificate_url": "https://…"}, …}`; only its owner may read the file.
package struct SigningKeyRing: Sendable {
    /// The name of the file, in the folder of the demonstration's configuration.
    package static let fileName = "signing-keys.json"
    /// The largest file that is read.
    package static let bytesMax = 65_536
    /// No key at all: every other server's.
    package static let empty = SigningKeyRing([:])

    private let keys: [ProviderName: SigningKeys.PrivateKey]

    /// Collects keys.
    package init(_ keys: [ProviderName: SigningKeys.PrivateKey]) {
        self.keys = keys
    }

    /// The keys beside a configuration; none when there is no such file, or it is none of ours.
    package static func beside(configuration path: String) -> SigningKeyRing {
        let folder = (path as NSString).deletingLastPathComponent
        return read(folder.isEmpty ? fileName : folder + "/" + fileName)
    }

    /// The keys in a file.
    static func read(_ path: String) -> SigningKeyRing {
        guard let bytes = try? BoundedFile.read(path, bytesMax: bytesMax),
            let members = try? JSONParser.parse(bytes).object
        else { return .empty }
        var keys: [ProviderName: SigningKeys.PrivateKey] = [:]
        for member in members {
            guard let provider = try? ProviderName(name: member.name),
                let pem = member.value["private_key"]?.string
            else { continue }
            let url = member.value["certificate_url"]?.string
            keys[provider] = SigningKeys.PrivateKey(pem: Secret(pem), certificateURL: url)
        }
        return SigningKeyRing(keys)
    }

    /// The key of a provider; nil when it is not at hand.
    package subscript(provider: ProviderName) -> SigningKeys.PrivateKey? { keys[provider] }

    /// The file's text: with the keys in it, so for its owner only.
    var text: String {
        let members = keys.sorted { $0.key.rawValue < $1.key.rawValue }.map { provider, key in
            JSONMember(
                provider.rawValue,
                [
                    "private_key": .string(String(decoding: key.pem.bytes, as: UTF8.self)),
                    "certificate_url": key.certificateURL.map { .string($0) } ?? .null,
                ]
            )
        }
        return String(decoding: JSONValue.object(members).serialized(pretty: true), as: UTF8.self) + "\n"
    }
}

extension ProviderName {
    /// Whether its webhooks are signed under a certificate that only it has the key of.
    var signsWithCertificate: Bool { self == .paypal || self == .awsSNS }
}
