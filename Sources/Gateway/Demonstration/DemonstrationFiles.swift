package import Domain
import Foundation
import Glibc
package import Providers
import Registry
import Signatures

/// A vendor that the demonstration plays, as the configuration names it.
package struct DemonstrationVendor: Sendable {
    /// The integration's name.
    package let name: String
    /// Whose API it is.
    package let provider: APIProvider
    /// Where it listens.
    package let url: String
    /// What it accepts, by the names of the fields.
    package let credential: [(field: String, value: String)]

    /// Describes a vendor.
    package init(
        name: String,
        provider: APIProvider,
        url: String,
        credential: [(field: String, value: String)]
    ) {
        self.name = name
        self.provider = provider
        self.url = url
        self.credential = credential
    }
}

/// The files of `usher demo`: a real configuration and its secrets, in a folder of its owner.
package struct DemonstrationFiles: Sendable {
    /// Where everything is when nothing else is said.
    package static let folderDefault = "./usher-data"

    /// The folder everything is in.
    package let folder: String

    /// Makes the description of the files; nothing is written yet.
    package init(folder: String) {
        self.folder = folder
    }

    /// The configuration, to look at and to start from.
    package var configurationPath: String { folder + "/demo.yaml" }
    /// The first admin key, so that the command line works at once.
    package var adminKeyPath: String { folder + "/admin.key" }
    /// The private keys of the providers that are played here.
    package var signingKeysPath: String { folder + "/" + SigningKeyRing.fileName }

    /// The name of the source that the Stripe sandbox sends to.
    package var stripeSource: String { "stripe" }

    /// The secret that the Stripe sandbox signs with.
    package func stripeSecret() throws -> Secret { try secret("stripe") }

    /// The secret that the gateway signs with and the application believes.
    package func applicationSecret() throws -> Secret { try secret("app") }

    /// Where webhooks of the Stripe sandbox are posted.
    package func stripeURL(listenURL: String) -> String {
        listenURL + "/api/integrations/webhooks/" + stripeSource
    }

    /// Makes the folder, whatever secret is missing, and the file of private keys.
    ///
    /// SendGrid's key pair stays the same from start to start, as its source's secret must.
    /// - Parameter certified: the keys that PayPal and SNS are played with, new at each start.
    package func prepareSecrets(
        certified: [ProviderName: SigningKeys.PrivateKey],
        random: RandomSource
    ) throws {
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        for name in Self.secretNames where !FileManager.default.fileExists(atPath: secretPath(name)) {
            try write(StandardWebhooksSigner.newSecret(random: random) + "\n", to: secretPath(name))
        }
        let mail =
            SigningKeyRing.read(signingKeysPath)[.sendgrid]
            ?? SigningKeys.PrivateKey(pem: Secret(SendGridSignature.newPrivateKey(random: random)))
        guard let publicKey = SendGridSignature.publicKey(of: mail.pem) else {
            throw GatewayError.dataFolder(folder, "\(signingKeysPath) holds no key; remove the file")
        }
        try write(publicKey + "\n", to: secretPath("sendgrid"))
        let ring = SigningKeyRing(certified.merging([.sendgrid: mail]) { $1 })
        try write(ring.text, to: signingKeysPath)
    }

    /// Writes the configuration anew.
    /// - Parameters:
    ///   - application: the URL of the receiving application.
    ///   - vendors: whose APIs are played here, best first within a capability.
    package func writeConfiguration(
        listen: ListenAddress,
        application: String,
        vendors: [DemonstrationVendor] = []
    ) throws {
        for vendor in vendors {
            for (field, value) in vendor.credential {
                try write(value + "\n", to: secretPath("\(vendor.name)-\(field)"))
            }
        }
        let text = yaml(listen: listen, application: application) + yaml(vendors)
        try write(text, to: configurationPath)
    }

    /// Integrations and routes; nothing without vendors.
    private func yaml(_ vendors: [DemonstrationVendor]) -> String {
        guard !vendors.isEmpty else { return "" }
        var lines = ["integrations:"]
        for vendor in vendors {
            lines += [
                "  \(vendor.name):", "    provider: \(vendor.provider)", "    base_url: \"\(vendor.url)\"",
                "    allow_private: true",
            ]
            guard !vendor.credential.isEmpty else { continue }
            lines.append("    credential:")
            lines += vendor.credential.map {
                "      \($0.field): \"file:\(secretPath("\(vendor.name)-\($0.field)"))\""
            }
        }
        lines.append("routes:")
        for capability in Capability.allCases {
            let able = vendors.filter { vendor in
                let operations = CallCatalogue.dialect(of: vendor.provider)?.facts.operations ?? []
                return operations.contains { $0.capability == capability }
            }
            guard !able.isEmpty else { continue }
            let order = able.map(\.name).joined(separator: ", ")
            lines.append("  \(capability): {order: [\(order)]}")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Keeps the first admin key for the command line.
    package func keep(adminKey: String) throws {
        try write(adminKey + "\n", to: adminKeyPath)
    }

    /// The configuration's text.
    package func yaml(listen: ListenAddress, application: String) -> String {
        """
        # Written by `usher demo` at each start. A copy of it is a good start for your own usher.yaml.
        listen: "\(listen)"
        database: "sqlite:\(folder)/usher.db"
        root_key: "file:\(folder)/root.key"
        log: {level: error}
        sources:
          stripe: {provider: stripe, secrets: ["file:\(secretPath("stripe"))"]}
          square:
            provider: square
            secrets: ["file:\(secretPath("square"))"]
            settings:
              correlation: {wedding: [/data/object/payment/reference_id, /data/object/invoice/invoice_number]}
          paypal:
            provider: paypal
            settings:
              webhook_id: 8PT597110X687430LKGECATA
              correlation: {wedding: [/resource/custom_id, /resource/purchase_units/0/custom_id]}
          twilio: {provider: twilio, secrets: ["file:\(secretPath("twilio"))"]}
          sendgrid: {provider: sendgrid, secrets: ["file:\(secretPath("sendgrid"))"]}
          zoom: {provider: zoom, secrets: ["file:\(secretPath("zoom"))"]}
          calendar: {provider: google-calendar, secrets: ["file:\(secretPath("calendar"))"]}
          outlook: {provider: microsoft-graph, secrets: ["file:\(secretPath("outlook"))"]}
          photos:
            provider: aws-sns
            settings: {topics: ["arn:aws:sns:eu-central-1:123456789012:photos"]}
          cloudinary:
            provider: cloudinary
            secrets: ["file:\(secretPath("cloudinary"))"]
            settings:
              correlation: {wedding: [/context/custom/wedding_id], vendor: [/context/custom/vendor]}
          partner: {provider: standard-webhooks, secrets: ["file:\(secretPath("partner"))"]}
          forms:
            provider: generic
            secrets: ["file:\(secretPath("forms"))"]
            settings:
              header: x-forms-signature
              prefix: "sha256="
              id_pointer: /id
              type_pointer: /type
              correlation: {wedding: [/booking/wedding], vendor: [/booking/vendor]}
        destinations:
          app:
            url: "\(application)"
            secret: "file:\(secretPath("app"))"
            events: ["*"]
            allow_private: true
            timeout_seconds: 3
            attempts_max: 4
        alerts:
          channels:
            browsers: {type: push}

        """
    }

    /// All but SendGrid's, which is a public key.
    private static let secretNames = [
        "stripe", "square", "twilio", "zoom", "calendar", "outlook", "cloudinary", "partner", "forms", "app",
    ]

    private func secret(_ name: String) throws -> Secret {
        try SecretResolver.process.resolve(.file(secretPath(name)), for: "the demonstration")
    }

    private func secretPath(_ name: String) -> String { "\(folder)/\(name).secret" }

    /// Writes a file that only its owner may read: complete or not at all.
    private func write(_ text: String, to path: String) throws {
        let draft = path + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        guard
            FileManager.default.createFile(
                atPath: draft,
                contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw GatewayError.dataFolder(folder, "\(draft) cannot be written") }
        guard unsafe rename(draft, path) == 0 else {
            throw GatewayError.dataFolder(folder, "\(path) cannot be written")
        }
    }
}
