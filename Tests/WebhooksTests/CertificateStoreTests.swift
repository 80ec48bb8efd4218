import Domain
import Providers
import Registry
import Signatures
import Testing
import Transport
import UsherTesting
import Webhooks

@Suite struct CertificateStoreTests {
    private let clock = ManualTime()
    private let upstream = ScriptedUpstream()

    private func store(anchors: String = WebhookCertificates.authority) -> CertificateStore {
        CertificateStore(
            upstream: upstream.upstream,
            anchors: { TrustAnchors(pem: Array(anchors.utf8)) },
            addressPolicy: .publicOnly,
            time: clock.time
        )
    }

    private func reference(_ number: Int = 0) -> CertificateReference {
        CertificateReference(
            url: WebhookCertificates.payPalURL + (number == 0 ? "" : "-\(number)"),
            name: PayPalSignature.certificateName
        )
    }

    private func key(
        _ store: CertificateStore,
        _ number: Int = 0
    ) async -> Result<Void, CertificateStoreError> {
        do throws(CertificateStoreError) {
            _ = try await store.key(of: reference(number), now: clock.now)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func failure(_ store: CertificateStore, _ number: Int = 0) async -> CertificateStoreError? {
        if case .failure(let error) = await key(store, number) { error } else { nil }
    }

    private func answer(_ status: Int = 200, _ body: String = WebhookCertificates.payPal, isCut: Bool = false)
    {
        upstream.answer { _ in
            OutgoingResponse(status: status, headers: Headers(), body: Array(body.utf8), isCut: isCut)
        }
    }

    @Test func `fetches once, over TLS, within bounds, and keeps the key for a day`() async throws {
        answer()
        let store = store()
        for _ in 0..<3 { #expect(await failure(store) == nil) }
        let request = try #require(upstream.requests.first)
        #expect(upstream.requests.count == 1)
        #expect(request.method == "GET" && request.url.text == WebhookCertificates.payPalURL)
        #expect(request.timeout == .seconds(5) && request.responseBytesMax == 65_536)
        #expect(request.policy == .publicOnly)
        clock.advance(by: .seconds(86_399))
        #expect(await failure(store) == nil)
        #expect(upstream.requests.count == 1)
        clock.advance(by: .seconds(1))
        #expect(await failure(store) == nil)
        #expect(upstream.requests.count == 2)
    }

    @Test func `fetches once for all who ask at a time`() async {
        answer()
        let store = store()
        let failures = await withTaskGroup(of: CertificateStoreError?.self) { group in
            for _ in 0..<50 { group.addTask { await failure(store) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(failures.count == 50 && failures.allSatisfy { $0 == nil })
        #expect(upstream.requests.count == 1)
    }

    @Test(arguments: [(404, false), (301, false), (500, false), (200, true)])
    func `asks again after a failure no sooner than 30 s later`(status: Int, isCut: Bool) async {
        answer(status, isCut: isCut)
        let store = store()
        #expect(await failure(store) == .notFetched)
        answer()
        clock.advance(by: .microseconds(29_999_999))
        #expect(await failure(store) == .notFetched)
        #expect(upstream.requests.count == 1)
        clock.advance(by: .microseconds(1))
        #expect(await failure(store) == nil)
        #expect(upstream.requests.count == 2)
    }

    @Test func `believes no certificate without an anchor or of another name`() async {
        answer()
        #expect(await failure(store(anchors: "")) == .refused(.untrusted))
        answer(200, WebhookCertificates.sns)
        #expect(await failure(store()) == .refused(.wrongName))
        answer(200, "<html>")
        #expect(await failure(store()) == .refused(.unreadable))
    }

    @Test func `lets 16 fetches out at once, then one every two seconds`() async {
        answer(404)
        let store = store()
        for number in 1...16 { #expect(await failure(store, number) == .notFetched) }
        #expect(await failure(store, 17) == .overloaded)
        #expect(!(await store.confirm("https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription")))
        #expect(upstream.requests.count == 16)
        clock.advance(by: .seconds(2))
        #expect(await failure(store, 18) == .notFetched)
        #expect(await failure(store, 19) == .overloaded)
    }

    @Test func `keeps 64 keys, the oldest go first, and made-up addresses push out none`() async {
        answer()
        let store = store()
        for number in 1...65 {
            #expect(await failure(store, number) == nil)
            clock.advance(by: .seconds(2))
        }
        answer(404)
        for number in 100...170 {
            #expect(await failure(store, number) == .notFetched)
            clock.advance(by: .seconds(2))
        }
        let count = upstream.requests.count
        for number in 2...65 { #expect(await failure(store, number) == nil) }
        #expect(upstream.requests.count == count)
        #expect(await failure(store, 1) == .notFetched)
    }
}

@Suite struct CertifiedReceptionTests {
    private static let topic = "arn:aws:sns:eu-central-1:123456789012:photos"
    private static let subscribeURL =
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"

    private func addSources(_ station: Station) async throws {
        try await station.addSource("pay", secrets: []) { definition in
            definition.provider = "paypal"
            definition.settings = ["webhook_id": "WEBHOOK1"]
        }
        try await station.addSource("photos", secrets: []) { definition in
            definition.provider = "aws-sns"
            definition.settings = ["topics": [.string(Self.topic)]]
        }
    }

    private func receive(_ station: Station, _ source: String, _ type: String) async throws -> Reception {
        let dialect = try #require(station.registry.snapshot.sources[source]).dialect
        let sample = SampleEvents.make(
            type,
            of: dialect.provider,
            id: "given-1",
            now: station.clock.now,
            random: .seeded(1)
        )
        let url = source == "pay" ? WebhookCertificates.payPalURL : WebhookCertificates.snsURL
        let key = SigningKeys.PrivateKey(pem: Secret(WebhookCertificates.key), certificateURL: url)
        let event = try #require(sample)
        let keys = SigningKeys([], privateKey: key)
        let sent = dialect.request(sending: event, to: "https://x", keys: keys, now: station.clock.now)
        let request = try #require(sent)
        return await station.receive(request.body, headers: request.headers, source: source)
    }

    private func serveCertificates(_ station: Station) {
        station.upstream.answer { request in
            let pem =
                request.url.text.hasSuffix(".pem") ? WebhookCertificates.sns : WebhookCertificates.payPal
            return OutgoingResponse(status: 200, headers: Headers(), body: Array(pem.utf8))
        }
    }

    @Test(arguments: [("pay", "PAYMENT.CAPTURE.COMPLETED"), ("photos", "s3:ObjectCreated:Put")])
    func `tells the sender to come back until the certificate is at hand`(
        source: String,
        type: String
    ) async throws {
        try await withStation { station in
            try await addSources(station)
            station.upstream.answer { _ in .status(500) }
            let busy = try await receive(station, source, type)
            #expect(busy.busyCode == "certificate_not_fetched")
            if case .busy(let status, _, _) = busy { #expect(status == 503) }
            serveCertificates(station)
            station.clock.advance(by: .seconds(30))
            let stored = try #require(try await receive(station, source, type).stored)
            #expect(try await receive(station, source, type).repeated == stored)
            #expect(station.upstream.requests.count == 2)
        }
    }

    private func confirm(_ station: Station, topic: String = topic) async throws -> Reception {
        var members: [(String, String)] = [
            ("Type", "SubscriptionConfirmation"), ("MessageId", "m-1"), ("Token", "1"), ("TopicArn", topic),
            ("Message", "You have chosen to subscribe."), ("SubscribeURL", Self.subscribeURL),
            ("Timestamp", "2026-03-01T00:00:00.000Z"), ("SignatureVersion", "2"),
            ("SigningCertURL", WebhookCertificates.snsURL),
        ]
        func body(_ signature: String) -> [UInt8] {
            JSONValue.object((members + [("Signature", signature)]).map { JSONMember($0.0, .string($0.1)) })
                .serialized()
        }
        let signed = try SNSMessage(body("")).signedBytes
        let signature = RSASigner.sign(signed, pem: Secret(WebhookCertificates.key), digest: .sha256)
        members.append(("Comment", "not signed"))
        let valid = try #require(signature)
        return await station.receive(body(valid), headers: Headers(), source: "photos")
    }

    @Test func `confirms a subscription to a listed topic, and stores nothing`() async throws {
        try await withStation { station in
            try await addSources(station)
            serveCertificates(station)
            guard case .answered(let answer, .snsSubscription) = try await confirm(station) else {
                Issue.record("not answered")
                return
            }
            #expect(answer == .noContent)
            #expect(
                station.upstream.requests.map(\.url.text) == [WebhookCertificates.snsURL, Self.subscribeURL]
            )
            #expect(try await station.count("events") == 0)
        }
    }

    @Test func `fetches nothing for a topic that is not listed`() async throws {
        try await withStation { station in
            try await addSources(station)
            let reception = try await confirm(station, topic: "arn:aws:sns:eu-central-1:999999999999:photos")
            #expect(reception.refusal?.code == "signature_not_for_source")
            #expect(station.upstream.requests.isEmpty)
        }
    }

    @Test func `lets SNS ask again when the confirmation fails`() async throws {
        try await withStation { station in
            try await addSources(station)
            station.upstream.answer { request in
                guard request.url.text.hasSuffix(".pem") else { return .status(500) }
                return OutgoingResponse(
                    status: 200,
                    headers: Headers(),
                    body: Array(WebhookCertificates.sns.utf8)
                )
            }
            #expect(try await confirm(station).busyCode == "confirmation_failed")
        }
    }

    @Test func `answers 202 to a Graph request that is not believed, and counts it`() async throws {
        try await withStation { station in
            try await station.addSource("outlook", secrets: [Secret("0123456789abcdef")]) {
                $0.provider = "microsoft-graph"
            }
            let item = #"{"value":[{"subscriptionId":"s","clientState":"forged","changeType":"created"}]}"#
            let reception = await station.receive(Array(item.utf8), headers: Headers(), source: "outlook")
            guard case .acknowledged(let answer, let outcomes) = reception else {
                Issue.record("not acknowledged")
                return
            }
            #expect(answer.status == 202 && outcomes.isEmpty)
            #expect(try await station.count("events") == 0)
            let broken = await station.receive(Array("{".utf8), headers: Headers(), source: "outlook")
            #expect(broken.refusal?.isMalformed == true)
        }
    }
}
