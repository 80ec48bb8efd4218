package import Domain
package import Providers
import Resilience

/// One bucket of Amazon S3 as it behaves: signatures are checked to the letter, writes are seen at once.
///
/// | request | answer |
/// |---|---|
/// | `PUT key` | 200 with the MD5 as ETag; `If-None-Match: *` and `If-Match` are heeded |
/// | `GET`, `HEAD key` | 200, or 206 for one `Range` |
/// | `DELETE key` | 204, also for what is not there |
/// | `POST key?uploads`, `PUT key?partNumber&uploadId`, `POST key?uploadId`, `DELETE key?uploadId` | a multipart upload |
/// | `HEAD /` | 200 |
///
/// The bucket is named in the path, or in the host (`bucket.s3.region.…`). A part other than the last has at least
/// 5 MiB. Bytes are kept up to `bytesKeptMax` in all, and of longer requests nothing but length and checksums: what is
/// not kept can be looked at and not be read (501). Of a long body that is one byte over and over, such as a sparse
/// file's, that byte is kept: it can be read however long it is. Source: Amazon S3 API Reference 2006-03-01.
package struct S3Vendor: VendorMachine {
    /// The access key that is accepted.
    package static let accessKeyDefault = "AKIAUSHERSANDBOX0000"
    /// Its secret.
    package static let secretKeyDefault = "usher/sandbox+secret/key000000000000000"
    /// The bucket.
    package static let bucketDefault = "usher-sandbox"
    /// The bucket's region.
    package static let regionDefault = "eu-central-1"
    /// How far a request's clock may be off.
    package static let skewMax = Duration.seconds(900)
    /// The least length of a part that is not the last.
    package static let partBytesMin: Int64 = 5_242_880
    /// The most objects, and the most unfinished uploads.
    package static let objectsMax = 20_000
    /// The most bytes that are kept of all objects and parts together: 64 MiB.
    package static let bytesKeptMax = 67_108_864

    package let provider = APIProvider.awsS3
    package var conditions = VendorConditions()
    let signatures: S3VendorSignatures
    let bucket: String
    let region: String
    var book = VendorLedger()
    var objects: [String: S3VendorObject] = [:]
    var uploads: [String: S3VendorUpload] = [:]
    var bytesKept = 0
    private var writes = VendorLimiter(.tokenBucket(ratePerSecond: 3_500, burst: 3_500))

    /// Makes an empty bucket.
    package init(
        accessKey: String = accessKeyDefault,
        secretKey: String = secretKeyDefault,
        bucket: String = bucketDefault,
        region: String = regionDefault
    ) {
        signatures = S3VendorSignatures(accessKey: accessKey, secretKey: Secret(secretKey), region: region)
        self.bucket = bucket
        self.region = region
    }

    package var ledger: [LedgerEntry] { book.entries }

    /// How many multipart uploads are not finished.
    package var unfinishedUploads: Int { uploads.count }

    /// The bytes of an object; nil when there is none, or when they were not kept.
    package func bytes(of key: String) -> [UInt8]? {
        guard let content = objects[key]?.content else { return nil }
        return content.kept ?? content.filler.map { [UInt8](repeating: $0, count: Int(content.count)) }
    }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        var answer: VendorAnswer
        do {
            answer = try admitted(request, now: now, random: &random)
        } catch {
            answer = error.answer(region: region)
        }
        if request.method == "HEAD" {
            answer.body = []
            answer.run = nil
        }
        answer.headers.append(lowercaseName: "x-amz-request-id", value: random.capitals("", 16))
        answer.headers.append(lowercaseName: "server", value: "AmazonS3")
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        let code = status == 503 ? "ServiceUnavailable" : "InternalError"
        let fault = S3VendorFault(status, code, "We encountered an internal error. Please try again.")
        return fault.answer(region: region)
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        S3VendorFault.slowDown.answer(region: region)
    }

    private mutating func admitted(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) throws(S3VendorFault) -> VendorAnswer {
        let query = try signatures.check(request, now: now)
        guard let key = try key(of: request) else {
            guard request.method == "HEAD" else { throw .notHere }
            return VendorAnswer(status: 200, headers: Headers([("x-amz-bucket-region", region)]))
        }
        guard key.utf8.count <= 1_024 else {
            throw S3VendorFault(400, "KeyTooLongError", "Your key is too long")
        }
        if ["PUT", "POST", "DELETE"].contains(request.method) {
            guard writes.take(now: now, share: conditions.limitShare).isWithin else { throw .slowDown }
        }
        let upload = query["uploadId"]
        switch (request.method, upload) {
        case ("PUT", nil): return try put(key, request, now: now)
        case ("GET", nil), ("HEAD", nil): return try read(key, request)
        case ("DELETE", nil): return try delete(key, request, now: now)
        case ("POST", nil) where query["uploads"] != nil: return try begin(key, request, random: &random)
        case ("PUT", let upload?): return try part(key, upload, query["partNumber"], request)
        case ("POST", let upload?): return try complete(key, upload, request, now: now)
        case ("DELETE", let upload?): return try abort(key, upload)
        default: throw .notHere
        }
    }

    /// The object's key; nil when the bucket is meant.
    private func key(of request: VendorRequest) throws(S3VendorFault) -> String? {
        guard let path = VendorRequest.percentDecoded(Substring(request.path).utf8) else {
            throw S3VendorFault(400, "InvalidURI", "Couldn't parse the specified URI.")
        }
        let host = request.headers.first("host") ?? ""
        var rest = path.dropFirst()
        if !host.hasPrefix("\(bucket).s3.") {
            let name = rest.prefix { $0 != "/" }
            guard sameText(String(name), bucket) else {
                throw S3VendorFault(404, "NoSuchBucket", "The specified bucket does not exist")
            }
            rest = rest.dropFirst(name.count).dropFirst()
        }
        return rest.isEmpty ? nil : String(rest)
    }
}

/// An object in the bucket.
struct S3VendorObject: Sendable {
    let content: S3VendorContent
    let tag: String
    let contentType: String
    let metadata: S3VendorMetadata
    let modified: Instant
}

/// What Usher writes beside an object, of the fields `x-amz-meta-…`.
struct S3VendorMetadata: Sendable {
    static let callHeader = "x-amz-meta-usher-call"
    static let digestHeader = "x-amz-meta-usher-sha256"

    let call: String?
    let digest: String?

    init(_ request: VendorRequest) {
        call = request.headers.first(Self.callHeader)
        digest = request.headers.first(Self.digestHeader)
    }

    var fields: [(String, String)] {
        [(Self.callHeader, call), (Self.digestHeader, digest)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }
}

/// A multipart upload that is not finished.
struct S3VendorUpload: Sendable {
    let key: String
    let contentType: String
    let metadata: S3VendorMetadata
    var parts: [Int: S3VendorContent] = [:]
}

/// The bytes of an object or part, or their length and checksums.
struct S3VendorContent: Sendable {
    let count: Int64
    let md5: [UInt8]
    let kept: [UInt8]?
    /// The byte that all others are like; nil where the bytes are kept, or were not.
    var filler: UInt8?

    /// The least length of which nothing but the filler is kept: 1 MiB.
    static let runBytesMin = 1_048_576

    /// The byte that a long body consists of; nil when there are several.
    static func filler(_ body: [UInt8]) -> UInt8? {
        guard body.count >= runBytesMin, let first = body.first, body.allSatisfy({ $0 == first }) else {
            return nil
        }
        return first
    }
}
