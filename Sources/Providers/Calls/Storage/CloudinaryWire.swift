import Domain
import Signatures

/// Requests to one Cloudinary account.
struct CloudinaryWire {
    private let account: IntegrationAccount
    private let now: Instant

    /// Prepares for requests at `now`.
    init(_ account: IntegrationAccount, now: Instant) {
        self.account = account
        self.now = now
    }

    private var base: String {
        "\(account.baseURL)/v1_1/\(WireText.percentEncoded(account.text("cloud")))"
    }

    /// A read of the Admin API.
    func admin(_ path: String) -> ProviderRequest {
        ProviderRequest(
            "GET",
            "\(base)/\(path)",
            headers: [("authorization", WireText.basic(account.text("key"), account.text("secret")))],
            effect: .none
        )
    }

    /// What the Admin API knows of an asset.
    func resource(_ key: String) -> ProviderRequest {
        let path = key.split(separator: "/").map { WireText.percentEncoded(String($0)) }.joined(
            separator: "/"
        )
        return admin("resources/\(CloudinaryAsset.type(of: key))/upload/\(path)?context=1")
    }

    /// Destroys an asset and what caches hold of it.
    func destroy(_ key: String, effect: ProviderRequest.Effect) -> ProviderRequest {
        let fields = signed([("public_id", .text(key)), ("invalidate", .flag(true))])
        return ProviderRequest(
            "POST",
            "\(base)/\(CloudinaryAsset.type(of: key))/destroy",
            headers: [("content-type", "application/x-www-form-urlencoded")],
            body: .bytes(Array(WireText.form(fields).utf8)),
            effect: effect
        )
    }

    /// Sends one part of an asset; the last one makes it.
    func upload(
        _ input: StorageInput,
        _ call: CallRequest,
        part index: Int,
        _ content: StoredContent
    ) throws(CallInputError) -> ProviderRequest {
        guard content.parts.indices.contains(index) else {
            throw CallInputError(.invalidField, at: "/content", "has no such part")
        }
        let range = StoredObject.range(ofPart: index, content)
        let boundary = "usher-\(call.key)"
        let fields = signed([
            ("public_id", .text(input.key)), ("overwrite", .flag(input.overwrites)),
            ("context", .text("\(CloudinaryCalls.tagName)=\(call.tag)")), ("invalidate", .flag(true)),
        ])
        var prefix = ""
        for (name, value) in fields {
            prefix +=
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        prefix += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n"
        prefix += "Content-Type: application/octet-stream\r\n\r\n"
        var headers = [("content-type", "multipart/form-data; boundary=\(boundary)")]
        if content.parts.count > 1 {
            headers.append(("x-unique-upload-id", call.key))
            headers.append(
                ("content-range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.bytes)")
            )
        }
        let isLast = index == content.parts.count - 1
        return ProviderRequest(
            "POST",
            "\(base)/\(CloudinaryAsset.type(of: input.key))/upload",
            headers: headers,
            body: .content(
                prefix: Array(prefix.utf8),
                range: range,
                suffix: Array("\r\n--\(boundary)--\r\n".utf8)
            ),
            effect: isLast && !input.overwrites ? .takesEffect : .none
        )
    }

    /// The parameters with time, key and signature.
    private func signed(_ parameters: [(String, CloudinaryUploadSignature.Value)]) -> [(String, String)] {
        let all = parameters + [("timestamp", .number(now.seconds))]
        let signature = CloudinaryUploadSignature.sign(
            all,
            secret: account.credential["secret"] ?? Secret("")
        )
        return all.map { ($0.0, $0.1.text) } + [
            ("api_key", account.text("key")), ("signature", signature),
        ]
    }
}

/// What Cloudinary says of an asset.
struct CloudinaryAsset {
    let bytes: Int64
    let etag: String?
    let url: String?
    let call: String?
    let isExisting: Bool
    let contentType: String?
    let created: Instant?

    /// Reads an answer; nil when it tells of no asset.
    init?(_ json: JSONValue?) {
        guard let json, json["public_id"]?.string != nil, let bytes = json["bytes"]?.int64 else { return nil }
        self.bytes = bytes
        etag = json["etag"]?.string
        url = json["secure_url"]?.string
        call = json["context"]?["custom"]?[CloudinaryCalls.tagName]?.string
        isExisting = json["existing"]?.bool ?? false
        created = json["created_at"]?.string.flatMap { Instant($0) }
        let format = json["format"]?.string.map(lowercasedASCII) ?? ""
        contentType =
            switch json["resource_type"]?.string {
            case "image": format.isEmpty ? nil : Self.mediaType(image: format)
            case "video": format.isEmpty ? nil : Self.mediaType(video: format)
            default: nil
            }
    }

    /// Whether `call` stored it.
    func isOf(_ call: CallRequest) -> Bool {
        self.call.map { StoredObject.isSame($0, call.tag) } ?? false
    }

    /// What a download must remember of it, in the form that is read here.
    func progress(_ key: String) -> JSONValue {
        var members = [JSONMember("public_id", .string(key)), JSONMember("bytes", .integer(bytes))]
        if let etag { members.append(JSONMember("etag", .string(etag))) }
        if let created { members.append(JSONMember("created_at", .string("\(created)"))) }
        if let call {
            members.append(
                JSONMember(
                    "context",
                    ["custom": .object([JSONMember(CloudinaryCalls.tagName, .string(call))])]
                )
            )
        }
        return .object(members)
    }

    /// Whether it holds this content: length and MD5, where Cloudinary says it.
    func holds(_ content: StoredContent) -> Bool {
        bytes == content.bytes
            && (etag.map { StoredObject.isSame(lowercasedASCII($0), Hex.encode(content.md5)) } ?? true)
    }

    /// The reply that tells of it.
    func reply(_ key: String, url: String? = nil, contentType: String? = nil) -> ObjectReply {
        ObjectReply(
            key: key,
            exists: true,
            bytes: bytes,
            etag: etag,
            contentType: contentType ?? self.contentType,
            url: url
        )
    }

    /// Whether Cloudinary takes the key as a `public_id`.
    static func isKey(_ key: String) -> Bool {
        let forbidden = Set("?&#\\%<>+".utf8)
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        return key.unicodeScalars.count <= CloudinaryCalls.keyCharactersMax
            && !key.utf8.contains { forbidden.contains($0) } && parts.allSatisfy { !$0.isEmpty }
            && key.utf8.first != 0x20 && key.utf8.last != 0x20
    }

    /// The resource type of a key, by its ending.
    static func type(of key: String) -> String {
        let name = key.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "raw" }
        let ending = lowercasedASCII(String(name[name.index(after: dot)...]))
        if images.contains(ending) { return "image" }
        return videos.contains(ending) ? "video" : "raw"
    }

    private static let images: Set = [
        "jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "heif", "bmp", "tif", "tiff", "jxl", "jp2",
        "ico",
    ]
    private static let videos: Set = [
        "mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg", "3gp", "ogv", "mp3", "wav", "m4a", "aac",
        "flac", "ogg",
    ]

    private static func mediaType(image format: String) -> String {
        switch format {
        case "jpg": "image/jpeg"
        case "svg": "image/svg+xml"
        case "tif": "image/tiff"
        default: "image/\(format)"
        }
    }

    private static func mediaType(video format: String) -> String {
        switch format {
        case "mov": "video/quicktime"
        case "mp3": "audio/mpeg"
        case "wav", "aac", "flac", "ogg": "audio/\(format)"
        default: "video/\(format)"
        }
    }
}
