package import Domain
package import Providers
import Resilience
import Signatures

/// One Cloudinary product environment as it behaves: uploads, whole and in chunks, `destroy`, and of the Admin API the
/// resource and `ping`.
///
/// | request | answer |
/// |---|---|
/// | `POST /v1_1/{cloud}/{type}/upload` | the asset; with `existing` when `overwrite=0` finds one |
/// | the same with `X-Unique-Upload-Id` and `Content-Range` | `{"done": false}`, and the asset after the last chunk |
/// | `POST /v1_1/{cloud}/{type}/destroy` | `{"result": "ok"}` or `{"result": "not found"}` |
/// | `GET /v1_1/{cloud}/resources/{type}/upload/{public_id}` | the asset, or 404 |
/// | `GET /v1_1/{cloud}/ping` | `{"status": "ok"}` |
/// | `GET /{cloud}/{type}/upload/v{version}/{public_id}…` | the bytes, as the delivery hosts give them |
///
/// Upload calls are signed with version 2 and SHA-1, at most an hour from Cloudinary's clock. The Admin API grants 500
/// requests an hour and answers 420 beyond. Bytes are no images to the sandbox: it takes any. Sources: cloudinary 1.46.3,
/// cloudinary.com/documentation/image_upload_api_reference.
package struct CloudinaryVendor: VendorMachine {
    /// The cloud.
    package static let cloudDefault = "usher-sandbox"
    /// The API key that is accepted.
    package static let keyDefault = "874837483274837"
    /// Its secret.
    package static let secretDefault = "usher-sandbox-cloudinary-secret"
    /// How far a request's timestamp may be off.
    package static let skewMax = Duration.seconds(3_600)
    /// The most assets, and the most uploads in chunks that are not finished.
    package static let assetsMax = 20_000
    /// The least length of a chunk that is not the last.
    package static let chunkBytesMin: Int64 = 5_242_880
    /// The most bytes of assets and chunks together: 256 MiB.
    package static let bytesMax = 268_435_456
    /// The most requests to the Admin API in an hour.
    package static let adminMax = 500

    package let provider = APIProvider.cloudinary
    package var conditions = VendorConditions()
    let cloud: String
    let key: String
    let secret: Secret
    var book = VendorLedger()
    var assets: [String: CloudinaryVendorAsset] = [:]
    var chunks: [String: [UInt8]] = [:]
    var bytesHeld = 0
    private var admin = VendorLimiter(.fixedWindow(count: adminMax, length: .seconds(3_600)))

    /// Makes an environment without assets.
    package init(
        cloud: String = cloudDefault,
        key: String = keyDefault,
        secret: String = secretDefault
    ) {
        self.cloud = cloud
        self.key = key
        self.secret = Secret(secret)
    }

    package var ledger: [LedgerEntry] { book.entries }

    /// The bytes of an asset; nil when there is none.
    /// - Parameter name: the resource type and the `public_id`: `image/garcia/1.jpg`.
    package func bytes(of name: String) -> [UInt8]? { assets[name]?.bytes }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        do {
            return try route(request, now: now, random: &random)
        } catch {
            return error.answer
        }
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        CloudinaryVendorFault(status, "General Error").answer
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        CloudinaryVendorFault(420, "Rate Limit Exceeded").answer
    }

    private mutating func route(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) throws(CloudinaryVendorFault) -> VendorAnswer {
        guard let path = request.segments else { throw .notHere }
        guard path.first == "v1_1" else { return try deliver(path, request) }
        guard path.count >= 3, sameText(path[1], cloud) else {
            throw CloudinaryVendorFault(401, "Invalid cloud_name \(path.dropFirst().first ?? "")")
        }
        switch (request.method, path[2], path.count) {
        case ("GET", "ping", 3):
            return try administer(request, now: now) { _ throws(CloudinaryVendorFault) in ["status": "ok"] }
        case ("GET", "resources", 6...) where path[4] == "upload":
            let name = ([path[3]] + path[5...]).joined(separator: "/")
            return try administer(request, now: now) { vendor throws(CloudinaryVendorFault) in
                guard let asset = vendor.assets[name] else {
                    throw CloudinaryVendorFault(
                        404,
                        "Resource not found - \(path[5...].joined(separator: "/"))"
                    )
                }
                return asset.json(vendor.cloud, request)
            }
        case ("POST", "image", 4), ("POST", "video", 4), ("POST", "raw", 4):
            switch path[3] {
            case "upload": return try upload(path[2], request, now: now, random: &random)
            case "destroy": return try destroy(path[2], request, now: now)
            default: throw .notHere
            }
        default: throw .notHere
        }
    }

    /// Answers a request to the Admin API, within its limit.
    private mutating func administer(
        _ request: VendorRequest,
        now: Instant,
        _ work: (Self) throws(CloudinaryVendorFault) -> JSONValue
    ) throws(CloudinaryVendorFault) -> VendorAnswer {
        guard let login = request.basic, sameText(login.user, key),
            sameText(login.password, String(decoding: secret.bytes, as: UTF8.self))
        else { throw CloudinaryVendorFault(401, "Invalid credentials") }
        let outcome = admin.take(now: now, share: conditions.limitShare)
        let hour: Int64 = 3_600
        let reset = VendorText.httpDate(Instant(seconds: (now.seconds / hour + 1) * hour))
        var answer: VendorAnswer
        var left = 0
        switch outcome {
        case .over:
            answer =
                CloudinaryVendorFault(420, "Rate Limit Exceeded. Limit of 500 api operations reached").answer
        case .within(let remaining):
            left = remaining
            do {
                answer = VendorAnswer(status: 200, json: try work(self))
            } catch {
                answer = error.answer
            }
        }
        answer.headers.append(lowercaseName: "x-featureratelimit-limit", value: "\(Self.adminMax)")
        answer.headers.append(lowercaseName: "x-featureratelimit-remaining", value: "\(left)")
        answer.headers.append(lowercaseName: "x-featureratelimit-reset", value: reset)
        return answer
    }

    /// Gives an asset's bytes, as the hosts do that `secure_url` names.
    private func deliver(
        _ path: [String],
        _ request: VendorRequest
    ) throws(CloudinaryVendorFault) -> VendorAnswer {
        guard ["GET", "HEAD"].contains(request.method), path.count >= 5, sameText(path[0], cloud),
            path[2] == "upload",
            let asset = assets.values.first(where: { sameText($0.path(cloud), path.joined(separator: "/")) })
        else { throw .notHere }
        let headers = [
            ("content-type", asset.contentType), ("etag", "\"\(asset.etag)\""), ("accept-ranges", "bytes"),
        ]
        guard let text = request.headers.first("range"),
            let range = S3Vendor.range(text, Int64(asset.bytes.count))
        else { return VendorAnswer(status: 200, headers: Headers(headers), body: asset.bytes) }
        guard !range.isEmpty else { throw CloudinaryVendorFault(416, "Requested Range Not Satisfiable") }
        let field = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(asset.bytes.count)"
        return VendorAnswer(
            status: 206,
            headers: Headers(headers + [("content-range", field)]),
            body: Array(asset.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        )
    }
}

/// An error as Cloudinary tells it.
struct CloudinaryVendorFault: Error {
    let status: Int
    let message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    var answer: VendorAnswer {
        VendorAnswer(
            status: status,
            json: ["error": ["message": .string(message)]],
            headers: [("x-cld-error", message)]
        )
    }

    static let notHere = CloudinaryVendorFault(404, "Not Found")
}
