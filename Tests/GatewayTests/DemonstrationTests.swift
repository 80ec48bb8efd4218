import Domain
import Foundation
import Gateway
import Providers
import Registry
import Signatures
import Testing
import Transport
import UsherTesting

private let now = Instant(seconds: 1_795_000_000)

private let certified: [ProviderName: SigningKeys.PrivateKey] = [
    .paypal: .init(pem: Secret(WebhookCertificates.key), certificateURL: WebhookCertificates.payPalURL),
    .awsSNS: .init(pem: Secret(WebhookCertificates.key), certificateURL: WebhookCertificates.snsURL),
]

struct DemonstrationFilesTests {
    private func prepared(_ folder: String) throws -> DemonstrationFiles {
        let files = DemonstrationFiles(folder: folder + "/demo")
        try files.prepareSecrets(certified: certified, random: .system)
        try files.writeConfiguration(
            listen: try #require(ListenAddress("127.0.0.1:8080")),
            application: "http://127.0.0.1:3000/hooks"
        )
        return files
    }

    @Test func `the demonstration's configuration is a valid one with a source of each provider`() throws {
        let files = DemonstrationFiles(folder: "./usher-data")
        let listen = try #require(ListenAddress("127.0.0.1:8080"))
        let text = files.yaml(listen: listen, application: "http://127.0.0.1:3000/hooks")
        let configuration = try Configuration(text, file: "demo.yaml", rules: .registry)
        #expect(configuration.sources.map(\.provider).sorted() == WebhookTrigger.providers.sorted())
        #expect(configuration.destinations.map(\.url) == ["http://127.0.0.1:3000/hooks"])
        #expect(files.stripeURL(listenURL: "http://h") == "http://h/api/integrations/webhooks/stripe")
    }

    @Test func `the vendors that are played become integrations and routes`() async throws {
        try await temporaryFolder { folder in
            let files = try prepared(folder)
            try files.writeConfiguration(
                listen: try #require(ListenAddress("127.0.0.1:8080")),
                application: "http://127.0.0.1:3000/hooks",
                vendors: [
                    DemonstrationVendor(
                        name: "stripe-main",
                        provider: .stripe,
                        url: "http://127.0.0.1:9001",
                        credential: [("key", "sk_test_x")]
                    ),
                    DemonstrationVendor(
                        name: "square-backup",
                        provider: .square,
                        url: "http://127.0.0.1:9002",
                        credential: [("token", "EAAA")]
                    ),
                ]
            )
            let configuration = try Configuration.load(files.configurationPath, rules: .registry)
            #expect(configuration.integrations.map(\.name.text).sorted() == ["square-backup", "stripe-main"])
            #expect(
                configuration.routes.map(\.order).map { $0.map(\.text) } == [
                    ["stripe-main", "square-backup"]
                ]
            )
        }
    }

    @Test func `every provider can be triggered with what lies in the folder`() async throws {
        try await temporaryFolder { folder in
            let files = try prepared(folder)
            let address = try ControlAddress("http://127.0.0.1:8080")
            for (provider, type) in WebhookTrigger.samples {
                let wish = WebhookTrigger.Wish(
                    provider: provider,
                    configurationPath: files.configurationPath
                )
                let trigger = try WebhookTrigger(wish, address: address, resolver: .process)
                let webhook = try trigger.webhook(type, now: now, random: .seeded(1))
                #expect(webhook.type == type)
            }
        }
    }

    @Test func `secrets and keys are their owner's alone, and SendGrid's pair outlives a start`() async throws
    {
        try await temporaryFolder { folder in
            let files = try prepared(folder)
            let first = SigningKeyRing.beside(configuration: files.configurationPath)
            _ = try prepared(folder)
            let second = SigningKeyRing.beside(configuration: files.configurationPath)
            let mail = try #require(first[.sendgrid]).pem
            #expect(second[.sendgrid]?.pem.bytes == mail.bytes)
            #expect(second[.paypal]?.certificateURL == WebhookCertificates.payPalURL)
            #expect(second[.awsSNS]?.pem.bytes == Array(WebhookCertificates.key.utf8))
            #expect(second[.stripe] == nil)
            let publicKey = try String(contentsOfFile: files.folder + "/sendgrid.secret", encoding: .utf8)
            #expect(SendGridSignature.publicKey(of: mail).map { $0 + "\n" } == publicKey)
            for name in try FileManager.default.contentsOfDirectory(atPath: files.folder) {
                let path = files.folder + "/" + name
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
        }
    }

    @Test func `a folder without keys, or with something else in their place, has none`() async throws {
        try await temporaryFolder { folder in
            let path = folder + "/usher.yaml"
            #expect(SigningKeyRing.beside(configuration: path)[.paypal] == nil)
            try Data("[1]".utf8).write(to: URL(fileURLWithPath: folder + "/" + SigningKeyRing.fileName))
            #expect(SigningKeyRing.beside(configuration: path)[.paypal] == nil)
        }
    }
}

struct DemonstrationTrustTests {
    private let real = ScriptedUpstream()

    private func send(
        _ method: String,
        _ url: String,
        bytesMax: Int = 65_536
    ) async throws -> OutgoingResponse {
        let trust = DemonstrationTrust(anchor: "", pages: ["https://api.paypal.com/v1/certs/CERT-1": "page"])
        let request = OutgoingRequest(
            method: method,
            url: try DestinationURL(url, policy: .publicOnly),
            headers: [],
            body: [],
            timeout: .seconds(1),
            responseBytesMax: bytesMax,
            policy: .publicOnly
        )
        return try await trust.upstream(over: real.upstream).send(request)
    }

    @Test func `its pages are answered here`() async throws {
        let page = try await send("GET", "https://api.paypal.com/v1/certs/CERT-1")
        #expect(page.status == 200)
        #expect(page.body == Array("page".utf8))
        #expect(!page.isCut)
        let cut = try await send("GET", "https://api.paypal.com/v1/certs/CERT-1", bytesMax: 3)
        #expect(cut.body == Array("pag".utf8))
        #expect(cut.isCut)
        #expect(real.requests.isEmpty)
    }

    @Test(arguments: [
        ("GET", "https://api.paypal.com/v1/certs/CERT-2"),
        ("GET", "https://api.paypal.com/v1/certs/CERT-1?x"),
        ("GET", "https://example.com/v1/certs/CERT-1"), ("POST", "https://api.paypal.com/v1/certs/CERT-1"),
    ])
    func `everything else is the real world's`(_ method: String, _ url: String) async throws {
        #expect(try await send(method, url).status == 204)
        #expect(real.requests.map(\.url.text) == [url])
    }
}

struct TrustCheckTests {
    private func configuration(_ sources: String) throws -> Configuration {
        try Configuration("sources: {\(sources)}", file: "usher.yaml", rules: .registry)
    }

    private let pay = "pay: {provider: paypal, settings: {webhook_id: W1}}"

    @Test func `authorities are needed where a source signs with certificates`() throws {
        let plain = try configuration("shop: {provider: stripe, secrets: [env:S]}")
        #expect(TrustCheck.finding(plain, bundle: nil) == nil)
        let off = try configuration("pay: {provider: paypal, enabled: false, settings: {webhook_id: W1}}")
        #expect(TrustCheck.finding(off, bundle: nil) == nil)
        let missing = try #require(TrustCheck.finding(try configuration(pay), bundle: nil))
        #expect(missing.verdict == .problem)
        #expect(missing.message.contains("`pay`"))
        #expect(missing.remedy?.hasPrefix("apt-get install ca-certificates") == true)
        let found = TrustCheck.finding(try configuration(pay), bundle: .init(path: "/x.crt", count: 140))
        #expect(found?.verdict == .ok)
        let topics =
            #"t: {provider: aws-sns, settings: {topics: ["arn:aws:sns:eu-central-1:123456789012:p"]}}"#
        #expect(TrustCheck.finding(try configuration(topics), bundle: nil)?.verdict == .problem)
    }
}
