package import Domain
import Resilience

/// Media in a Cloudinary account.
///
/// | operation | requests |
/// |---|---|
/// | `upload` of up to 16 MiB | one signed `multipart/form-data` request |
/// | larger `upload` | one for each 16 MiB, with `X-Unique-Upload-Id` and `Content-Range` |
/// | `head` | the Admin API's resource |
/// | `download` | the Admin API's resource, then its `secure_url`, streamed |
/// | `presign` for download | the Admin API's resource: its `secure_url`, which **does not expire** |
/// | `delete` | `destroy`, which succeeds for a missing asset too; caches are told |
///
/// The key is the whole `public_id`, its ending included, so that `a.jpg` and `a.png` are two assets. The ending decides
/// the resource type too (`image`, `video`, which holds sound as well, or `raw`): the type of the content could not be
/// known again by the key alone. Cloudinary takes no key with `? & # \ % < > +`, no blank or slash at either end,
/// no empty part, and none beyond 255 characters.
///
/// The MD5 (`etag`) and length that Cloudinary answers with are compared with the content's; what arrived as something
/// else is destroyed and the attempt fails. The call's tag is kept in the asset's context as `usher_call`. With
/// `overwrite: false` an existing asset is answered with `existing`: its context then tells whether it is this call's
/// own. An upload that may replace what is there can be repeated, or done elsewhere, without harm, so that the lack of an
/// answer to it is no doubt.
///
/// Out of scope: presigned uploads (Cloudinary's are forms, not a PUT), transformations, private and authenticated
/// assets, and accounts that sign with SHA-256. Sources: cloudinary 1.46.3 (Python SDK), cloudinary.com/documentation.
package struct CloudinaryCalls: CallDialect {
    /// The longest `public_id`, in characters.
    static let keyCharactersMax = 255
    /// How long a request may still take effect after it left.
    static let lateEffectMax = Duration.seconds(120)
    /// The name in an asset's context that carries the call's tag.
    static let tagName = "usher_call"

    /// Makes the dialect.
    package init() {}

    package var facts: ProviderFacts { Self.facts }

    static let facts = ProviderFacts(
        provider: .cloudinary,
        title: "Cloudinary",
        operations: [.storageUpload, .storageDownload, .storageDelete, .storagePresign, .storageHead],
        baseURL: "https://api.cloudinary.com",
        credential: [
            CredentialField(
                "secret",
                isSecret: true,
                help: "the API secret: Cloudinary's console, Settings, API Keys"
            ),
            CredentialField("key", isSecret: false, help: "the API key that the secret belongs to"),
            CredentialField("cloud", isSecret: false, help: "the product environment's cloud name"),
        ],
        authentication: .credential,
        idempotency: .ownName,
        limits: [
            ProviderLimit(
                "admin",
                .fixedWindow(count: 500, length: .seconds(3_600)),
                operations: [.storageHead, .storageDownload, .storagePresign]
            )
        ],
        apiVersion: "v1_1",
        statusPage: StatusPage(url: "https://status.cloudinary.com/api/v2/status.json", format: .statuspage),
        timeout: .seconds(120),
        probeInterval: .seconds(300)
    )

    package func check(_ call: CallRequest) throws(CallInputError) {
        let input = try StoredObject.input(call, Self.facts)
        if call.operation == .storageUpload { _ = try StoredObject.content(call) }
        if call.operation == .storagePresign, input.purpose == .upload {
            throw CallInputError(
                .unsupportedOperation,
                at: "/purpose",
                "must be `download`: Cloudinary has no presigned uploads"
            )
        }
        guard CloudinaryAsset.isKey(input.key) else {
            throw CallInputError(
                .invalidField,
                at: "/key",
                "must fit Cloudinary: at most 255 characters, none of ? & # \\ % < > +, no empty part, no blank at an end"
            )
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        try check(call)
        let input = try StoredObject.input(call, Self.facts)
        let wire = CloudinaryWire(account, now: now)
        switch CloudinaryStep(call, progress) {
        case .look: return wire.resource(input.key)
        case .destroy(let isCleaning):
            return wire.destroy(input.key, effect: isCleaning ? .none : .takesEffect)
        case .fetch(let url):
            return ProviderRequest(
                "GET",
                url,
                headers: input.rangeField,
                effect: .none,
                streamsAnswer: true
            )
        case .upload(let index):
            return try wire.upload(input, call, part: index, try StoredObject.content(call))
        }
    }

    /// What the answer says about the object.
    package func object(in answer: ProviderAnswer, _ call: CallRequest, progress: JSONValue) -> ObjectFacts? {
        switch CloudinaryStep(call, progress) {
        case .look: CloudinaryAsset(answer.json)?.facts
        case .fetch: CloudinaryAsset(progress["asset"])?.facts
        default: nil
        }
    }

    /// The Admin API's ping, which counts against the hourly limit.
    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        CloudinaryWire(account, now: now).admin("ping")
    }
}

/// Which request the progress of a call leads to.
///
/// Progress: `{"parts": n}` sent of an upload, `{"taken": true}` when an asset is there, `{"clean": true}` when the asset
/// is to be destroyed because it is damaged, `{"url": …, "asset": …}` of a download.
enum CloudinaryStep {
    case look
    case destroy(isCleaning: Bool)
    case fetch(String)
    /// The part's index, from 0.
    case upload(part: Int)

    /// Reads the progress.
    init(_ call: CallRequest, _ progress: JSONValue) {
        switch call.operation {
        case .storageDelete: self = .destroy(isCleaning: false)
        case .storageDownload: self = progress["url"]?.string.map { .fetch($0) } ?? .look
        case .storageUpload:
            if progress["clean"]?.bool == true {
                self = .destroy(isCleaning: true)
            } else if progress["taken"]?.bool == true {
                self = .look
            } else {
                self = .upload(part: progress["parts"]?.int64.flatMap { Int(exactly: $0) } ?? 0)
            }
        default: self = .look
        }
    }
}
