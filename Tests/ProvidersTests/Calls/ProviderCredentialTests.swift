import Domain
import Providers
import Signatures
import Testing

struct ProviderCredentialTests {
    private func account(_ provider: APIProvider, token: String? = nil) -> IntegrationAccount {
        let fields = [
            "key": "the-key-0123", "token": "the-token-0123", "account": "AC1", "user": "anna",
            "password": "pw",
        ]
        return IntegrationAccount(
            provider: provider,
            baseURL: "https://api.example.com",
            credential: fields.mapValues { Secret($0) },
            accessToken: token.map { Secret($0) }
        )
    }

    private func put(
        _ provider: APIProvider,
        token: String? = nil,
        path: String = "/x",
        query: String = "",
        _ fields: [(String, String)] = []
    ) throws -> ProxiedRequest {
        var request = ProxiedRequest(
            method: "GET",
            path: path,
            query: query,
            headers: Headers(fields).fields
        )
        try ProviderCredential.put(
            into: &request,
            account(provider, token: token),
            now: Instant(seconds: 1_772_323_200)
        )
        return request
    }

    @Test(arguments: [
        (APIProvider.stripe, "Bearer the-key-0123"), (.sendgrid, "Bearer the-key-0123"),
        (.square, "Bearer the-token-0123"), (.paypal, "Bearer at"), (.zoom, "Bearer at"),
        (.googleCalendar, "Bearer at"), (.microsoftGraph, "Bearer at"),
        (.appleCalendar, "Basic YW5uYTpwdw=="),
    ])
    func `the credential replaces what the SDK sent`(_ provider: APIProvider, _ expected: String) throws {
        let request = try put(provider, token: "at", [("authorization", "x"), ("authorization", "y")])
        #expect(request.headers == Headers([("authorization", expected)]).fields)
        #expect(request.target == "/x")
    }

    @Test(arguments: [APIProvider.paypal, .zoom, .googleCalendar, .microsoftGraph])
    func `without an access token nothing is sent`(_ provider: APIProvider) {
        #expect(throws: ProviderCredential.Failure.missing("access_token")) { try put(provider) }
    }

    @Test(arguments: [
        "/2010-04-01/Accounts/AC1/Messages.json", "/2010-04-01/Accounts/AC1.json", "/2010-04-01/Accounts/AC1",
    ])
    func `Twilio's account in the path is the integration's own`(_ path: String) throws {
        let request = try put(.twilio, path: path)
        #expect(request.headers == Headers([("authorization", "Basic QUMxOnRoZS10b2tlbi0wMTIz")]).fields)
    }

    @Test(arguments: [
        "/2010-04-01/Accounts/AC2/Messages.json", "/2010-04-01/Accounts.json", "/2010-04-01/Accounts/AC11",
        "/2010-04-01/Accounts/AC1.json/Messages.json", "/2010-04-01/Accounts/%41C1", "/v1/Services", "/",
    ])
    func `or the request does not leave`(_ path: String) {
        #expect(throws: ProviderCredential.Failure.foreignAccount) { try put(.twilio, path: path) }
    }

    @Test func `keys in the query replace every spelling of the SDK's own, and nothing else`() throws {
        let weather = try put(
            .openWeatherMap,
            query: "lat=1&appid=mine&lon=2&%61ppid=other&APPID=z&q=a%2Bb+c"
        )
        #expect(weather.query == "lat=1&lon=2&q=a%2Bb+c&appid=the-key-0123")
        #expect(try put(.weatherAPI, query: "key=&q=x").query == "q=x&key=the-key-0123")
        #expect(try put(.weatherAPI).target == "/x?key=the-key-0123")
    }

    @Test func `whose project is charged at Google is not the caller's to say`() throws {
        let fields = [("x-goog-api-key", "k"), ("x-goog-user-project", "p"), ("x-goog-api-client", "c")]
        let request = try put(.googleCalendar, token: "at", fields)
        #expect(request.headers.map(\.name) == ["x-goog-api-client", "authorization"])
    }

    @Test func `a repeated secret is seen, plain or as Basic, and a short or public value is not one`() {
        let twilio = account(.twilio)
        #expect(twilio.isRepeated(in: "token=the-token-0123"))
        #expect(twilio.isRepeated(in: "Basic QUMxOnRoZS10b2tlbi0wMTIz"))
        #expect(!twilio.isRepeated(in: "AC1"))
        #expect(account(.zoom, token: "access-0123").isRepeated(in: "Bearer access-0123"))
    }

    // MARK: S3 and Cloudinary

    private static let stores = IntegrationAccount(
        provider: .awsS3,
        baseURL: "https://s3.{region}.amazonaws.com",
        credential: [
            "access_key_id": Secret("AKIDEXAMPLE"), "secret_key": Secret("wJalrXUtnFEMI/K7MDENG"),
            "region": Secret("eu-central-1"), "bucket": Secret("albums"),
        ]
    )

    private func s3(
        _ method: String,
        _ path: String,
        query: String = "",
        _ fields: [(String, String)] = []
    ) throws -> ProxiedRequest {
        let headers = Headers(fields).fields
        var request = ProxiedRequest(method: method, path: path, query: query, headers: headers)
        try ProviderCredential.put(into: &request, Self.stores, now: Instant(seconds: 1_772_323_200))
        return request
    }

    @Test func `S3 is signed anew over the declared hash, at the region's host`() throws {
        let hash = String(repeating: "ab", count: 32)
        let fields = [
            ("x-amz-content-sha256", hash), ("x-amz-date", "20200101T000000Z"),
            ("x-amz-meta-wedding", "w  1"),
            ("x-amz-security-token", "theirs"), ("content-type", "image/jpeg"),
        ]
        let request = try s3("PUT", "/albums/a%20b/%c3%a4.jpg", query: "partNumber=1&uploadId=x%2Fy", fields)
        #expect(ProviderCredential.baseURL(of: Self.stores) == "https://s3.eu-central-1.amazonaws.com")
        #expect(request.target == "/albums/a%20b/%C3%A4.jpg?partNumber=1&uploadId=x%2Fy")
        let headers = Headers(request.headers.map { ($0.name, $0.value) })
        #expect(headers.values("x-amz-content-sha256") == [hash])
        #expect(headers.values("x-amz-date") == ["20260301T000000Z"])
        #expect(headers.first("x-amz-security-token") == nil)
        #expect(headers.first("content-type") == "image/jpeg")
        let expected = SigV4(
            credentials: .init(accessKeyID: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG")),
            region: "eu-central-1",
            service: "s3",
            now: Instant(seconds: 1_772_323_200)
        ).sign(
            .init(
                method: "PUT",
                host: "s3.eu-central-1.amazonaws.com",
                path: "/albums/a b/ä.jpg",
                query: [("uploadId", "x/y"), ("partNumber", "1")],
                headers: [("x-amz-meta-wedding", "w  1")]
            ),
            payload: .hashed(hash)
        )
        #expect(
            headers.values("authorization") == expected.headers.filter { $0.0 == "authorization" }.map(\.1)
        )
    }

    @Test func `without a declared hash the body is not signed, and a query without values stays one`() throws
    {
        let request = try s3("POST", "/albums/a", query: "uploads")
        #expect(request.query == "uploads=")
        let headers = Headers(request.headers.map { ($0.name, $0.value) })
        #expect(headers.values("x-amz-content-sha256") == ["UNSIGNED-PAYLOAD"])
    }

    @Test(arguments: ["/", "/other/a", "/albums2/a", "/Albums/a"])
    func `another bucket is another account`(_ path: String) {
        #expect(throws: ProviderCredential.Failure.foreignAccount) { try s3("GET", path) }
    }

    @Test func `what is signed piece by piece, or in its URL, does not leave`() {
        let fields = [("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")]
        #expect(throws: ProviderCredential.Failure.unsupported) { try s3("PUT", "/albums/a", fields) }
        #expect(throws: ProviderCredential.Failure.unsupported) {
            try s3("GET", "/albums/a", query: "X-Amz-Signature=00")
        }
    }

    @Test
    func `Cloudinary's Admin API goes with Basic, uploads are signed in their form, other clouds do not go`()
        throws
    {
        let account = IntegrationAccount(
            provider: .cloudinary,
            baseURL: "https://api.cloudinary.com",
            credential: [
                "key": Secret("874837483274837"), "secret": Secret("a676b67565c6767"), "cloud": Secret("c1"),
            ]
        )
        func put(_ path: String, _ method: String = "POST") throws -> ProxiedRequest {
            var request = ProxiedRequest(method: method, path: path, query: "", headers: [])
            try ProviderCredential.put(into: &request, account, now: Instant(seconds: 0))
            return request
        }
        let basic = WireText.basic("874837483274837", "a676b67565c6767")
        #expect(
            try put("/v1_1/c1/resources/image/upload").headers == Headers([("authorization", basic)]).fields
        )
        #expect(account.isRepeated(in: basic))
        #expect(try put("/v1_1/c1/image/upload").headers.isEmpty)
        #expect(throws: ProviderCredential.Failure.unsupported) {
            try put("/v1_1/c1/image/download?signature=x", "GET")
        }
        #expect(throws: ProviderCredential.Failure.foreignAccount) { try put("/v1_1/c2/usage") }
    }
}
