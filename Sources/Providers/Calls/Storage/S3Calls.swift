package import Domain
import Resilience
import Signatures

/// Objects in a bucket of Amazon S3, or of another store that speaks its API, signed with SigV4.
///
/// | operation | requests |
/// |---|---|
/// | `upload` of up to 16 MiB | `PUT` |
/// | larger `upload` | `HEAD`, `POST ?uploads`, a `PUT` for each 16 MiB, `POST ?uploadId=` |
/// | `download` | `GET`, with `Range` where a part is wanted; the answer is streamed |
/// | `head` | `HEAD` |
/// | `delete` | `DELETE`, which S3 grants for a missing object too |
/// | `presign` | `HEAD`, so that a URL of a missing object is not given out; then the URL is signed here |
///
/// An upload is signed with the SHA-256 of its bytes and carries their MD5, which S3 checks; the ETag of the answer is
/// compared with the MD5 (of parts: the MD5 of their MD5s). Where SSE-KMS or SSE-C hides the MD5, S3's own check
/// stands. What arrived as something else is removed and the attempt fails.
///
/// Each object carries the call's tag as `x-amz-meta-usher-call` and its SHA-256 as `x-amz-meta-usher-sha256`. With `overwrite: false` the requests say
/// `If-None-Match: *`; after 412 the object's tag tells whether it is this call's own, whose answer was lost.
/// An upload that may replace what is there can be repeated, or done elsewhere, without harm: the same bytes end up
/// under the same key. So the lack of an answer to it is no doubt, and does not hold up a failover.
///
/// A bucket is addressed by its own host name; by path when its name has dots (no certificate covers them) or when the
/// integration has a `base_url`. Keep a lifecycle rule that ends incomplete multipart uploads after some days: one whose
/// provider went away meanwhile cannot be ended by Usher. Source: Amazon S3 API Reference 2006-03-01.
package struct S3Calls: CallDialect {
    /// The field that carries the call's tag.
    static let tagHeader = "x-amz-meta-usher-call"
    /// The field that carries the SHA-256 of the whole, by which a download is judged.
    static let digestHeader = "x-amz-meta-usher-sha256"
    /// How long a request may still take effect after it left.
    static let lateEffectMax = Duration.seconds(120)
    /// How often a part is sent again after a failure that passes.
    static let retriesMax: Int64 = 3

    /// Makes the dialect.
    package init() {}

    package var facts: ProviderFacts { Self.facts }

    static let facts = ProviderFacts(
        provider: .awsS3,
        title: "Amazon S3",
        operations: [.storageUpload, .storageDownload, .storageDelete, .storagePresign, .storageHead],
        baseURL: "https://s3.{region}.amazonaws.com",
        credential: [
            CredentialField(
                "secret_key",
                isSecret: true,
                help: """
                    the secret access key of an IAM user or role that may s3:GetObject, s3:PutObject, s3:DeleteObject \
                    and s3:AbortMultipartUpload in the bucket and s3:ListBucket of it
                    """
            ),
            CredentialField("access_key_id", isSecret: false, help: "the access key id, AKIA… or ASIA…"),
            CredentialField(
                "session_token",
                isSecret: true,
                isRequired: false,
                help: "the session token of temporary credentials; presigned URLs end with them"
            ),
            CredentialField("region", isSecret: false, help: "the bucket's region, such as eu-central-1"),
            CredentialField("bucket", isSecret: false, help: "the bucket's name"),
        ],
        authentication: .credential,
        idempotency: .ownName,
        limits: [
            // For each prefix of keys; S3 comes up to it by and by.
            ProviderLimit(
                "writes",
                .tokenBucket(ratePerSecond: 3_500, burst: 3_500),
                operations: [.storageUpload, .storageDelete]
            ),
            ProviderLimit(
                "reads",
                .tokenBucket(ratePerSecond: 5_500, burst: 5_500),
                operations: [.storageDownload, .storagePresign, .storageHead]
            ),
        ],
        apiVersion: "2006-03-01",
        statusPage: StatusPage(url: "https://health.aws.amazon.com/public/currentevents", format: .aws),
        timeout: .seconds(120),
        probeInterval: .seconds(60)
    )

    package func check(_ call: CallRequest) throws(CallInputError) {
        _ = try StoredObject.input(call, Self.facts)
        if call.operation == .storageUpload { _ = try StoredObject.content(call) }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        let input = try StoredObject.input(call, Self.facts)
        let wire = S3Wire(account, now: now)
        switch S3Step(call, progress) {
        case .get:
            return wire.request(
                "GET",
                input.key,
                headers: input.rangeField,
                effect: .none,
                streamsAnswer: true
            )
        case .look: return wire.request("HEAD", input.key, effect: .none)
        case .delete: return wire.request("DELETE", input.key, effect: .takesEffect)
        case .put:
            let content = try StoredObject.content(call)
            return wire.request(
                "PUT",
                input.key,
                headers: Self.own(call, content) + [("content-md5", Base64.encode(content.md5))]
                    + Self.condition(input),
                payload: .hashed(Hex.encode(content.sha256)),
                body: .content(prefix: [], range: 0..<content.bytes, suffix: []),
                effect: Self.effect(input)
            )
        case .begin:
            let content = try StoredObject.content(call)
            return wire.request(
                "POST",
                input.key,
                query: [("uploads", "")],
                headers: Self.own(call, content),
                effect: .none
            )
        case .part(let upload, let index):
            let content = try StoredObject.content(call)
            let part = content.parts[index]
            return wire.request(
                "PUT",
                input.key,
                query: [("partNumber", "\(index + 1)"), ("uploadId", upload)],
                headers: [("content-md5", Base64.encode(part.md5))],
                payload: .hashed(Hex.encode(part.sha256)),
                body: .content(prefix: [], range: StoredObject.range(ofPart: index, content), suffix: []),
                effect: .none
            )
        case .complete(let upload, let tags):
            let list = Array(S3Wire.completion(tags).utf8)
            return wire.request(
                "POST",
                input.key,
                query: [("uploadId", upload)],
                headers: [("content-type", "application/xml")] + Self.condition(input),
                payload: .signed(list),
                body: .bytes(list),
                effect: Self.effect(input)
            )
        case .abort(let upload):
            return wire.request("DELETE", input.key, query: [("uploadId", upload)], effect: .none)
        case .removeDamaged(let tag):
            return wire.request("DELETE", input.key, headers: [("if-match", "\"\(tag)\"")], effect: .none)
        }
    }

    /// What the answer says about the object.
    package func object(in answer: ProviderAnswer, _ call: CallRequest, progress: JSONValue) -> ObjectFacts? {
        switch S3Step(call, progress) {
        case .get, .look: S3Object.facts(answer)
        default: nil
        }
    }

    /// Asks for the bucket: 403 says that it is there and may not be used.
    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        S3Wire(account, now: now).request("HEAD", nil, effect: .none)
    }

    private static func own(_ call: CallRequest, _ content: StoredContent) -> [(String, String)] {
        [
            ("content-type", content.contentType), (tagHeader, call.tag),
            (digestHeader, Hex.encode(content.sha256)),
        ]
    }

    private static func condition(_ input: StorageInput) -> [(String, String)] {
        if let tag = input.replaces { return [("if-match", "\"\(tag)\"")] }
        return input.overwrites ? [] : [("if-none-match", "*")]
    }

    private static func effect(_ input: StorageInput) -> ProviderRequest.Effect {
        input.overwrites ? .none : .takesEffect
    }
}

/// Which request the progress of a call leads to.
///
/// Progress of an upload: `{"upload": id, "parts": [etag…], "tries": n}`; `{"looked": true}` before it, when nothing of
/// this call is there; `{"taken": true, …}` after 412; `{"clean": …, "failure": …}` when it fails and leaves something.
enum S3Step {
    case get
    case look
    case delete
    case put
    case begin
    /// The part's index, from 0.
    case part(upload: String, Int)
    case complete(upload: String, [String])
    case abort(upload: String)
    case removeDamaged(String)

    /// Reads the progress.
    init(_ call: CallRequest, _ progress: JSONValue) {
        switch call.operation {
        case .storageDownload: self = .get
        case .storageDelete: self = .delete
        case .storageUpload: self = Self.upload(call, progress)
        default: self = .look
        }
    }

    private static func upload(_ call: CallRequest, _ progress: JSONValue) -> S3Step {
        if let tag = progress["clean"]?["etag"]?.string { return .removeDamaged(tag) }
        if let upload = progress["clean"]?["upload"]?.string { return .abort(upload: upload) }
        if progress["taken"]?.bool == true { return .look }
        guard let content = call.content, content.bytes > StoredContent.partBytes else { return .put }
        guard let upload = progress["upload"]?.string else {
            return progress["looked"]?.bool == true ? .begin : .look
        }
        let tags = progress["parts"]?.array?.compactMap(\.string) ?? []
        return tags.count < content.parts.count
            ? .part(upload: upload, tags.count) : .complete(upload: upload, tags)
    }
}
