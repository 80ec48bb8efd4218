import Domain
import Providers
import Registry
import Signatures

/// Whether the machine knows the authorities that PayPal's and SNS's certificates are traced back to.
package enum TrustCheck {
    /// A bundle of authorities on this machine.
    package struct Bundle: Hashable, Sendable {
        /// Where it lies.
        package let path: String
        /// How many authorities it holds.
        package let count: Int

        /// Describes a bundle.
        package init(path: String, count: Int) {
            self.path = path
            self.count = count
        }
    }

    /// The bundle that the server would read; nil when there is none.
    package static func observe() -> Bundle? {
        SystemTrust.find().map { Bundle(path: $0.path, count: $0.anchors.count) }
    }

    /// What the bundle means to the sources; nil when no source needs one.
    package static func finding(_ configuration: Configuration, bundle: Bundle?) -> Finding? {
        let names = configuration.sources.filter { source in
            source.enabled && (try? ProviderName(name: source.provider))?.signsWithCertificate ?? false
        }
        guard !names.isEmpty else { return nil }
        let check = "certificate authorities"
        guard let bundle else {
            let list = names.map { "`\($0.name)`" }.joined(separator: ", ")
            return .problem(
                check,
                "none on this machine: no webhook of source \(list) can be believed",
                mend: "apt-get install ca-certificates, or mount a bundle at \(SystemTrust.paths[0])"
            )
        }
        return .ok(check, "\(bundle.path) holds \(bundle.count)")
    }
}
