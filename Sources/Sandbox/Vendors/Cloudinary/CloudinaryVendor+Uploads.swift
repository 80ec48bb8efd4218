import Crypto
import Domain
import Providers
import Signatures

extension CloudinaryVendor {
    mutating func upload(
        _ type: String,
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) throws(CloudinaryVendorFault) -> VendorAnswer {
        guard request.streamed == nil else { throw CloudinaryVendorFault(413, "File size too large") }
        guard let form = CloudinaryVendorForm(request) else {
            throw CloudinaryVendorFault(400, "Invalid multipart form")
        }
        try checkSignature(form.fields, now: now)
        guard let file = form.file else {
            throw CloudinaryVendorFault(400, "Missing required parameter - file")
        }
        let text = { (name: String) in form.fields.first { $0.name == name }?.value ?? "" }
        let publicID = text("public_id").isEmpty ? random.name("", 20) : text("public_id")
        guard Self.isPublicID(publicID) else {
            throw CloudinaryVendorFault(400, "public_id (\(publicID)) is invalid")
        }
        guard let whole = try assemble(file, request) else {
            return VendorAnswer(status: 200, json: ["done": false, "public_id": .string(publicID)])
        }
        let name = "\(type)/\(publicID)"
        if text("overwrite") == "0", let found = assets[name] {
            bytesHeld -= whole.count
            return VendorAnswer(status: 200, json: found.json(cloud, request, isExisting: true))
        }
        guard !whole.isEmpty || type == "raw" else { throw CloudinaryVendorFault(400, "Empty file") }
        if assets.count >= Self.assetsMax, assets[name] == nil {
            throw CloudinaryVendorFault(400, "The sandbox keeps at most \(Self.assetsMax) assets")
        }
        bytesHeld -= assets[name]?.bytes.count ?? 0
        let context = text("context").split(separator: "|").compactMap {
            pair -> (name: String, value: String)? in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        let asset = CloudinaryVendorAsset(
            id: random.hexadecimal("", 32),
            publicID: publicID,
            type: type,
            version: now.seconds,
            bytes: whole,
            etag: Hex.encode(Insecure.MD5.hash(data: whole)),
            context: context,
            made: now
        )
        assets[name] = asset
        let tag = context.first { $0.name == "usher_call" }?.value
        book.append(LedgerEntry(kind: "object", id: name, tag: tag, at: now))
        return VendorAnswer(status: 200, json: asset.json(cloud, request))
    }

    mutating func destroy(
        _ type: String,
        _ request: VendorRequest,
        now: Instant
    ) throws(CloudinaryVendorFault) -> VendorAnswer {
        let names = ["public_id", "invalidate", "timestamp", "api_key", "signature"]
        let form = request.formFields
        let encoded = names.compactMap { name in
            form?.text(name).map { CloudinaryVendorForm.Field(name: name, value: $0) }
        }
        // Cloudinary's own SDKs send such a form in either way.
        guard let fields = CloudinaryVendorForm(request)?.fields ?? (form == nil ? nil : encoded) else {
            throw CloudinaryVendorFault(400, "Invalid form")
        }
        try checkSignature(fields, now: now)
        guard let publicID = fields.first(where: { $0.name == "public_id" })?.value, !publicID.isEmpty else {
            throw CloudinaryVendorFault(400, "Missing required parameter - public_id")
        }
        guard let asset = assets.removeValue(forKey: "\(type)/\(publicID)") else {
            return VendorAnswer(status: 200, json: ["result": "not found"])
        }
        bytesHeld -= asset.bytes.count
        let name = "\(type)/\(publicID)"
        book.append(LedgerEntry(kind: "deletion", id: name, of: name, tag: nil, at: now))
        return VendorAnswer(status: 200, json: ["result": "ok"])
    }

    /// Takes in a chunk, or a whole file; gives the file when it is complete.
    private mutating func assemble(
        _ file: [UInt8],
        _ request: VendorRequest
    ) throws(CloudinaryVendorFault) -> [UInt8]? {
        guard bytesHeld + file.count <= Self.bytesMax else {
            throw CloudinaryVendorFault(400, "The sandbox keeps at most \(Self.bytesMax) bytes")
        }
        guard let range = request.headers.first("content-range") else {
            bytesHeld += file.count
            return file
        }
        guard let id = request.headers.first("x-unique-upload-id"), let ends = Self.contentRange(range),
            ends.first + Int64(file.count) == ends.last + 1
        else { throw CloudinaryVendorFault(400, "Invalid Content-Range") }
        let before = chunks[id] ?? []
        guard ends.first == Int64(before.count) else {
            // A chunk that is here already is taken once; one that leaves a gap, not at all.
            guard ends.first < Int64(before.count) else {
                throw CloudinaryVendorFault(400, "Chunks must come in order")
            }
            chunks[id] = Array(before.prefix(Int(ends.first)))
            bytesHeld -= before.count - Int(ends.first)
            return try assemble(file, request)
        }
        let isLast = ends.last + 1 == ends.total
        guard isLast || Int64(file.count) >= Self.chunkBytesMin else {
            throw CloudinaryVendorFault(400, "All parts except EOF-chunk must be larger than 5mb")
        }
        guard chunks.count < Self.assetsMax || chunks[id] != nil else {
            throw CloudinaryVendorFault(400, "Too many uploads in chunks")
        }
        bytesHeld += file.count
        guard isLast else {
            chunks[id] = before + file
            return nil
        }
        chunks[id] = nil
        return before + file
    }

    private func checkSignature(
        _ fields: [CloudinaryVendorForm.Field],
        now: Instant
    ) throws(CloudinaryVendorFault) {
        let text = { (name: String) in fields.first { $0.name == name }?.value }
        guard let stamp = text("timestamp").flatMap({ Int64($0) }) else {
            throw CloudinaryVendorFault(400, "Missing required parameter - timestamp")
        }
        guard let key = text("api_key") else {
            throw CloudinaryVendorFault(400, "Missing required parameter - api_key")
        }
        guard sameText(key, self.key) else { throw CloudinaryVendorFault(401, "Invalid api_key \(key)") }
        let parameters = fields.map { ($0.name, CloudinaryUploadSignature.Value.text($0.value)) }
        let expected = CloudinaryUploadSignature.sign(parameters, secret: secret)
        guard let signature = text("signature"), sameText(signature, expected) else {
            let signed = CloudinaryUploadSignature.stringToSign(parameters)
            throw CloudinaryVendorFault(
                401,
                "Invalid Signature \(text("signature") ?? ""). String to sign - '\(signed)'."
            )
        }
        let sent = Instant(seconds: stamp)
        guard (now - Self.skewMax)...(now + Self.skewMax) ~= sent else {
            throw CloudinaryVendorFault(
                400,
                "Stale request - reported time is \(sent) which is more than 1 hour ago"
            )
        }
    }

    private static func isPublicID(_ text: String) -> Bool {
        text.unicodeScalars.count <= 255 && !text.contains { "?&#\\%<>+".contains($0) }
            && !text.hasPrefix("/") && !text.hasSuffix("/") && !text.hasPrefix(" ") && !text.hasSuffix(" ")
    }

    private static func contentRange(_ text: String) -> (first: Int64, last: Int64, total: Int64)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let numbers = text.dropFirst(6).split { $0 == "-" || $0 == "/" }.compactMap { Int64($0) }
        guard numbers.count == 3, numbers[0] >= 0, numbers[0] <= numbers[1], numbers[1] < numbers[2] else {
            return nil
        }
        return (numbers[0], numbers[1], numbers[2])
    }
}

/// A `multipart/form-data` body, as far as Cloudinary reads one (RFC 7578).
struct CloudinaryVendorForm: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
    }

    /// The most parts of a form.
    static let partsMax = 64

    private(set) var fields: [Field] = []
    private(set) var file: [UInt8]?

    /// Reads a form; nil when it is none.
    init?(_ request: VendorRequest) {
        guard let type = request.headers.first("content-type"), type.hasPrefix("multipart/form-data;"),
            let mark = type.split(separator: ";").map({ $0.drop { $0 == " " } })
                .first(where: { $0.hasPrefix("boundary=") })?.dropFirst(9), !mark.isEmpty
        else { return nil }
        let delimiter = Array("\r\n--\(mark)".utf8)
        // The first delimiter has no line break before it.
        let body = Array("\r\n".utf8) + request.body
        guard var position = Self.find(delimiter, in: body, from: 0), position == 0 else { return nil }
        for _ in 0...Self.partsMax {
            position += delimiter.count
            if body[position...].starts(with: Array("--".utf8)) { return }
            guard body[position...].starts(with: [0x0D, 0x0A]),
                let head = Self.find(Array("\r\n\r\n".utf8), in: body, from: position),
                let end = Self.find(delimiter, in: body, from: head + 4)
            else { return nil }
            guard let name = Self.name(String(decoding: body[position..<head], as: UTF8.self)) else {
                return nil
            }
            let content = body[(head + 4)..<end]
            if name == "file" {
                file = Array(content)
            } else {
                fields.append(Field(name: name, value: String(decoding: content, as: UTF8.self)))
            }
            position = end
        }
        return nil
    }

    private static func name(_ head: String) -> String? {
        guard let start = head.firstRange(of: "name=\"") else { return nil }
        return String(head[start.upperBound...].prefix { $0 != "\"" })
    }

    /// Where `mark`, which begins with a carriage return, stands next.
    private static func find(_ mark: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        var position = start
        while let next = body[position...].firstIndex(of: mark[0]) {
            if body[next...].starts(with: mark) { return next }
            position = next + 1
        }
        return nil
    }
}
