import Domain
import Providers
import Signatures
import Testing

/// One case of `signing.json`.
struct SigningVector: Sendable, CustomTestStringConvertible {
    let json: JSONValue

    var testDescription: String { json["name"]?.string ?? "?" }

    static func all(_ verifier: String) throws -> [SigningVector] {
        try VectorFile.signingCases().filter { $0["verifier"]?.string == verifier }.map {
            SigningVector(json: $0)
        }
    }

    func text(_ key: String) throws -> String {
        try (json[key]?.string).required(key)
    }

    func list(_ key: String) throws -> [JSONValue] {
        try (json[key]?.array).required(key)
    }

    func pairs(_ key: String) throws -> [(String, String)] {
        try list(key).map { pair in
            let texts = (pair.array ?? []).compactMap(\.string)
            return (try texts.first.required("name"), try texts.last.required("value"))
        }
    }
}

/// Runs `signing.json` through everything but Cloudinary's signatures.
@Suite struct SigningVectors {
    private static let now = Instant(seconds: 1_795_476_400)

    // MARK: SigV4

    private func signer(_ vector: SigningVector) throws -> SigV4 {
        let text = try vector.text("amz_date")
        let bytes = Array(text.utf8)
        let parts = [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15].map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
        let time = "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z"
        return SigV4(
            credentials: SigV4.Credentials(
                accessKeyID: try vector.text("access_key"),
                secretKey: Secret(try vector.text("secret_key")),
                sessionToken: vector.json["session_token"]?.string
            ),
            region: try vector.text("region"),
            service: try vector.text("service"),
            now: try Instant(time).required("amz_date")
        )
    }

    private func request(_ vector: SigningVector) throws -> SigV4.Request {
        SigV4.Request(
            method: try vector.text("method"),
            host: try vector.text("host"),
            path: try vector.text("path"),
            query: try vector.pairs("query"),
            headers: try vector.pairs("headers")
        )
    }

    private func body(_ vector: SigningVector) throws -> [UInt8] {
        let body = try vector.json["body"].required("body")
        if let text = body["utf8"]?.string { return Array(text.utf8) }
        if let text = body["base64"]?.string { return try Base64.decode(text).required("base64") }
        guard let part = body["repeat"] else { return [] }
        let byte = UInt8(try (part["byte"]?.int64).required("byte"))
        return Array(repeating: byte, count: Int(try (part["count"]?.int64).required("count")))
    }

    private func check(_ signed: SigV4.Signed, _ vector: SigningVector) throws {
        let expected = try vector.json["expect"].required("expect")
        #expect(signed.canonicalRequest == expected["canonical_request"]?.string)
        #expect(signed.stringToSign == expected["string_to_sign"]?.string)
        #expect(signed.signature == expected["signature"]?.string)
        if let path = expected["uri_path"]?.string {
            #expect(signed.pathAndQuery.split(separator: "?", omittingEmptySubsequences: false)[0] == path)
        }
    }

    @Test(arguments: try SigningVector.all("sigv4.header"))
    func `signs AWS's requests as botocore does`(vector: SigningVector) throws {
        let isSigned = try vector.text("payload") == "signed"
        let payload: SigV4.Payload = isSigned ? .signed(try body(vector)) : .unsigned
        let signed = try signer(vector).sign(try request(vector), payload: payload)
        try check(signed, vector)
        let authorization = vector.json.pointer("/expect/authorization")?.string
        #expect(signed.headers.last?.1 == authorization)
        let url = "\(try vector.text("scheme"))://\(try vector.text("host"))\(signed.pathAndQuery)"
        #expect(url == vector.json.pointer("/expect/url")?.string || authorization != nil)
    }

    @Test(arguments: try SigningVector.all("sigv4.presign"))
    func `presigns AWS's URLs as botocore does`(vector: SigningVector) throws {
        let expires = Int(try (vector.json["expires"]?.int64).required("expires"))
        let signed = try signer(vector).presign(try request(vector), expires: expires)
        try check(signed, vector)
        #expect(signed.headers.isEmpty)
        let parameters = Set(signed.pathAndQuery.split(separator: "?")[1].split(separator: "&"))
        let url = try (vector.json.pointer("/expect/url")?.string).required("url")
        #expect(parameters == Set(url.split(separator: "?")[1].split(separator: "&")))
    }

    // MARK: SNS and S3

    @Test(arguments: try SigningVector.all("sns.message"))
    func `believes a message of SNS exactly when AWS's validators do`(vector: SigningVector) async throws {
        let topics = try vector.list("allowed_topics").compactMap(\.string)
        let dialect = WebhookDialect(.awsSNS(SNSSettings(topics: topics)))
        let request = WebhookRequest(url: "", headers: Headers(), body: Array(try vector.text("body").utf8))
        let isExpected = try vector.text("expect") == "accept"
        if isExpected, let text = vector.json["string_to_sign"]?.string {
            #expect(try SNSMessage(request.body).signedBytes == Array(text.utf8))
        }
        var isAccepted = false
        if let reference = try? dialect.certificate(for: request),
            let name = vector.json["certs"]?[reference.url]?.string
        {
            let pem = Array(try VectorFile.snsCertificates()[name].required(name).utf8)
            let key = try await CertificateChain.validate(
                pem: pem,
                anchors: TrustAnchors(pem: pem),
                name: reference.name,
                now: Self.now
            )
            let keys = VerificationKeys([], certificate: key)
            do {
                _ = try dialect.verify(request, keys: keys, now: Self.now)
                isAccepted = true
            } catch {
                isAccepted = false
            }
        }
        #expect(isAccepted == isExpected)
        guard isAccepted, case .events(let events) = try dialect.read(request) else { return }
        #expect(events.map(\.providerEventID) == [Array(try vector.text("event_id").utf8)])
    }

    @Test(arguments: try SigningVector.all("sns.subscribe_url"))
    func `fetches only what lies at SNS`(vector: SigningVector) throws {
        let url = Array(try vector.text("url").utf8)
        #expect(SNSMessage.isSubscribeURL(url) == (try vector.text("expect") == "allow"))
    }

    @Test(arguments: try SigningVector.all("s3event.key_decode"))
    func `reads the keys of S3's events`(vector: SigningVector) throws {
        let key = S3Event.decodedKey(Array(try vector.text("event_key").utf8))
        #expect(key == Array(try vector.text("expect").utf8))
    }

    @Test(arguments: try SigningVector.all("s3event.sequencer_compare"))
    func `orders S3's events of one key`(vector: SigningVector) throws {
        let (left, right) = (try vector.text("a"), try vector.text("b"))
        let expected = try (vector.json["expect"]?.int64).required("expect")
        #expect(S3Event.compareSequencers(left, right) == Int(expected))
        #expect(S3Event.compareSequencers(right, left) == -Int(expected))
    }

    // MARK: Google

    @Test(arguments: try SigningVector.all("google.channel"))
    func `believes a message of a Google channel exactly when it is one of it`(vector: SigningVector) throws {
        let manners = WebhookDialect(.googleCalendar(GoogleCalendarSettings())).manners
        #expect(try outcome(vector, methods: manners.methods) == vector.text("expect"))
    }

    private func outcome(_ vector: SigningVector, methods: [String]) throws -> String {
        guard methods.contains(try vector.text("method")),
            let message = try? GoogleNotification(Headers(try vector.pairs("headers")))
        else { return "reject" }
        for json in try vector.list("channels") {
            let channel = GoogleChannel(
                id: try (json["id"]?.string).required("id"),
                resourceID: json["resource_id"]?.string,
                tokens: [Secret(try (json["token"]?.string).required("token"))]
            )
            guard (try? channel.verify(message)) != nil else { continue }
            let seen = (json["seen"]?.array ?? []).compactMap(\.int64)
            if seen.contains(where: { UInt64($0) == message.messageNumber }) { return "duplicate" }
            return message.state == .sync ? "activate" : "sync-calendar"
        }
        return "reject"
    }

    @Test(arguments: try SigningVector.all("google.event_id"))
    func `knows which ids Google takes for events`(vector: SigningVector) throws {
        #expect(GoogleEventID.isValid(try vector.text("id")) == (try vector.text("expect") == "valid"))
    }

    // MARK: Graph

    @Test(arguments: try SigningVector.all("graph.handshake"))
    func `answers Graph's question about the URL`(vector: SigningVector) throws {
        let dialect = WebhookDialect(.microsoftGraph(GraphSettings()))
        let request = WebhookRequest(
            method: try vector.text("method"),
            url: "https://hooks.example.com/graph?" + (try vector.text("query")),
            headers: Headers(),
            body: Array(try vector.text("body").utf8)
        )
        let answer = try dialect.unsignedAnswer(request).required("answer").acknowledgement
        let expected = try vector.json["expect"].required("expect")
        #expect(Int64(answer.status) == expected["status"]?.int64)
        guard answer.status == 200 else { return }
        #expect(answer.contentType == expected["content_type"]?.string)
        #expect(answer.body == Array(try (expected["body"]?.string).required("body").utf8))
    }

    @Test(arguments: try SigningVector.all("graph.client_state"))
    func `judges every item of a Graph request by itself`(vector: SigningVector) throws {
        let expected = try vector.json["expect"].required("expect")
        let status: Int64
        var verdicts: [String] = []
        do {
            let subscriptions = try vector.list("subscriptions").map { json in
                GraphSubscription(
                    id: try (json["id"]?.string).required("id"),
                    tenantID: json["tenant_id"]?.string,
                    clientStates: [Secret(try (json["client_state"]?.string).required("client_state"))]
                )
            }
            for item in try GraphNotification.items(of: Array(try vector.text("body").utf8)) {
                let isBelieved = subscriptions.contains { (try? $0.verify(item)) != nil }
                verdicts.append(isBelieved ? verdict(item) : "drop")
            }
            status = 202
        } catch let error as SignatureError {
            status = error.isMalformed ? 400 : 401
        }
        #expect(status == expected["status"]?.int64)
        #expect(verdicts == (expected["items"]?.array ?? []).compactMap(\.string))
    }

    private func verdict(_ item: GraphNotification) -> String {
        let words = [
            "reauthorizationRequired": "reauthorize", "subscriptionRemoved": "recreate-and-delta",
            "missed": "full-resync",
        ]
        return item.lifecycle.flatMap { words[String(decoding: $0, as: UTF8.self)] } ?? "accept"
    }
}
