import Crypto
import Domain
import Providers

extension S3Vendor {
    mutating func put(
        _ key: String,
        _ request: VendorRequest,
        now: Instant
    ) throws(S3VendorFault) -> VendorAnswer {
        try checkConditions(key, request)
        let content = try take(request)
        store(
            S3VendorObject(
                content: content,
                tag: Hex.encode(content.md5),
                contentType: request.headers.first("content-type") ?? "binary/octet-stream",
                metadata: S3VendorMetadata(request),
                modified: now
            ),
            at: key,
            now: now
        )
        return VendorAnswer(status: 200, headers: Headers([("etag", "\"\(Hex.encode(content.md5))\"")]))
    }

    func read(_ key: String, _ request: VendorRequest) throws(S3VendorFault) -> VendorAnswer {
        guard let object = objects[key] else { throw .missingKey }
        var headers = [
            ("etag", "\"\(object.tag)\""), ("content-type", object.contentType), ("accept-ranges", "bytes"),
            ("last-modified", VendorText.httpDate(object.modified)),
        ]
        headers += object.metadata.fields
        var range = 0..<object.content.count
        if let text = request.headers.first("range"), let asked = Self.range(text, object.content.count) {
            guard asked.lowerBound < object.content.count else {
                throw S3VendorFault(416, "InvalidRange", "The requested range is not satisfiable")
            }
            range = asked
            headers.append(
                ("content-range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(object.content.count)")
            )
        }
        let status =
            range.count == Int(object.content.count) && headers.last?.0 != "content-range" ? 200 : 206
        guard request.method == "GET" else {
            headers.append(("content-length", "\(range.count)"))
            return VendorAnswer(status: status, headers: Headers(headers))
        }
        if let filler = object.content.filler {
            var answer = VendorAnswer(status: status, headers: Headers(headers))
            answer.run = VendorAnswer.Run(byte: filler, count: Int64(range.count))
            return answer
        }
        guard let kept = object.content.kept else {
            throw S3VendorFault(501, "NotImplemented", "The sandbox has not kept the bytes of this object.")
        }
        return VendorAnswer(
            status: status,
            headers: Headers(headers),
            body: Array(kept[Int(range.lowerBound)..<Int(range.upperBound)])
        )
    }

    mutating func delete(
        _ key: String,
        _ request: VendorRequest,
        now: Instant
    ) throws(S3VendorFault) -> VendorAnswer {
        try checkConditions(key, request)
        if let object = objects.removeValue(forKey: key) {
            bytesKept -= object.content.kept?.count ?? 0
            book.append(LedgerEntry(kind: "deletion", id: key, of: key, tag: nil, at: now))
        }
        return VendorAnswer(status: 204)
    }

    mutating func begin(
        _ key: String,
        _ request: VendorRequest,
        random: inout SeededRandom
    ) throws(S3VendorFault) -> VendorAnswer {
        guard uploads.count < Self.objectsMax else { throw .slowDown }
        let id = random.name("", 64)
        uploads[id] = S3VendorUpload(
            key: key,
            contentType: request.headers.first("content-type") ?? "binary/octet-stream",
            metadata: S3VendorMetadata(request)
        )
        return Self.xml(
            "InitiateMultipartUploadResult",
            "<Bucket>\(bucket)</Bucket><Key>\(XMLReader.escaped(key))</Key><UploadId>\(id)</UploadId>"
        )
    }

    mutating func part(
        _ key: String,
        _ id: String,
        _ number: String?,
        _ request: VendorRequest
    ) throws(S3VendorFault) -> VendorAnswer {
        guard uploads[id]?.key == key else { throw .missingUpload }
        guard let number = number.flatMap({ Int($0) }), (1...10_000).contains(number) else {
            throw S3VendorFault(400, "InvalidArgument", "Part number must be an integer between 1 and 10000")
        }
        let content = try take(request)
        bytesKept -= uploads[id]?.parts[number]?.kept?.count ?? 0
        uploads[id]?.parts[number] = content
        return VendorAnswer(status: 200, headers: Headers([("etag", "\"\(Hex.encode(content.md5))\"")]))
    }

    mutating func complete(
        _ key: String,
        _ id: String,
        _ request: VendorRequest,
        now: Instant
    ) throws(S3VendorFault) -> VendorAnswer {
        guard let upload = uploads[id], upload.key == key else { throw .missingUpload }
        guard let root = XMLReader.read(request.body), root.name == "CompleteMultipartUpload",
            !root.children.isEmpty
        else {
            throw S3VendorFault(400, "MalformedXML", "The XML you provided was not well-formed")
        }
        var parts: [S3VendorContent] = []
        var last = 0
        for element in root.children {
            let text = { (name: String) in element.children.first { $0.name == name }?.trimmed ?? "" }
            guard let number = Int(text("PartNumber")), number > last else {
                throw S3VendorFault(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
            }
            last = number
            let tag = text("ETag").filter { $0 != "\"" }
            guard let part = upload.parts[number], sameText(Hex.encode(part.md5), tag) else {
                throw S3VendorFault(
                    400,
                    "InvalidPart",
                    "One or more of the specified parts could not be found."
                )
            }
            parts.append(part)
        }
        guard parts.dropLast().allSatisfy({ $0.count >= Self.partBytesMin }) else {
            throw S3VendorFault(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size"
            )
        }
        try checkConditions(key, request)
        let digest = Array(Insecure.MD5.hash(data: parts.flatMap(\.md5)))
        let tag = "\(Hex.encode(digest))-\(parts.count)"
        uploads[id] = nil
        for part in upload.parts.values { bytesKept -= part.kept?.count ?? 0 }
        let content = joined(parts, md5: digest)
        bytesKept += content.kept?.count ?? 0
        store(
            S3VendorObject(
                content: content,
                tag: tag,
                contentType: upload.contentType,
                metadata: upload.metadata,
                modified: now
            ),
            at: key,
            now: now
        )
        return Self.xml(
            "CompleteMultipartUploadResult",
            "<Bucket>\(bucket)</Bucket><Key>\(XMLReader.escaped(key))</Key><ETag>&quot;\(tag)&quot;</ETag>"
        )
    }

    /// The whole of some parts: a run where all of them are of one byte, else their bytes where all are known and fit.
    private func joined(_ parts: [S3VendorContent], md5: [UInt8]) -> S3VendorContent {
        let count = parts.reduce(0) { $0 + $1.count }
        if let filler = parts[0].filler, parts.allSatisfy({ $0.filler == filler }) {
            return S3VendorContent(count: count, md5: md5, kept: nil, filler: filler)
        }
        let isKnown = parts.allSatisfy { $0.kept != nil || $0.filler != nil }
        guard isKnown, bytesKept + Int(count) <= Self.bytesKeptMax else {
            return S3VendorContent(count: count, md5: md5, kept: nil)
        }
        let bytes = parts.flatMap { part in
            part.kept ?? [UInt8](repeating: part.filler ?? 0, count: Int(part.count))
        }
        return S3VendorContent(count: count, md5: md5, kept: bytes)
    }

    mutating func abort(_ key: String, _ id: String) throws(S3VendorFault) -> VendorAnswer {
        guard let upload = uploads[id], upload.key == key else { throw .missingUpload }
        for part in upload.parts.values { bytesKept -= part.kept?.count ?? 0 }
        uploads[id] = nil
        return VendorAnswer(status: 204)
    }

    private mutating func store(_ object: S3VendorObject, at key: String, now: Instant) {
        bytesKept -= objects[key]?.content.kept?.count ?? 0
        if objects.count >= Self.objectsMax, objects[key] == nil,
            let oldest = objects.min(by: { ($0.value.modified, $0.key) < ($1.value.modified, $1.key) })?.key
        {
            bytesKept -= objects.removeValue(forKey: oldest)?.content.kept?.count ?? 0
        }
        objects[key] = object
        book.append(LedgerEntry(kind: "object", id: key, tag: object.metadata.call, at: now))
    }

    /// `If-None-Match: *` and `If-Match`.
    private func checkConditions(_ key: String, _ request: VendorRequest) throws(S3VendorFault) {
        if let none = request.headers.first("if-none-match") {
            guard none == "*" else {
                throw S3VendorFault(501, "NotImplemented", "Only `*` is implemented for If-None-Match.")
            }
            guard objects[key] == nil else { throw .precondition }
        }
        if let match = request.headers.first("if-match") {
            guard let object = objects[key] else {
                throw request.method == "DELETE" ? .precondition : .missingKey
            }
            guard match == "*" || sameText(match, "\"\(object.tag)\"") else { throw .precondition }
        }
    }

    /// Takes a body in, and checks the MD5 that came with it.
    private mutating func take(_ request: VendorRequest) throws(S3VendorFault) -> S3VendorContent {
        let md5 = request.streamed?.md5 ?? Array(Insecure.MD5.hash(data: request.body))
        if let claimed = request.headers.first("content-md5") {
            guard let bytes = Base64.decode(claimed), bytes.count == 16 else {
                throw S3VendorFault(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
            }
            guard bytes == md5 else {
                throw S3VendorFault(
                    400,
                    "BadDigest",
                    "The Content-MD5 you specified did not match what we received."
                )
            }
        }
        let filler = request.streamed == nil ? S3VendorContent.filler(request.body) : nil
        let isKept =
            filler == nil && request.streamed == nil && bytesKept + request.body.count <= Self.bytesKeptMax
        if isKept { bytesKept += request.body.count }
        return S3VendorContent(
            count: request.streamed?.bytes ?? Int64(request.body.count),
            md5: md5,
            kept: isKept ? request.body : nil,
            filler: filler
        )
    }

    /// The one range of `bytes=a-b`, `bytes=a-` or `bytes=-n`; nil for other forms, which are passed over.
    static func range(_ text: String, _ count: Int64) -> Range<Int64>? {
        guard text.hasPrefix("bytes="), !text.contains(",") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let length = Int64(ends[1]), length > 0 else { return nil }
            return max(count - length, 0)..<count
        }
        guard let first = Int64(ends[0]), first >= 0 else { return nil }
        guard first < count else { return first..<first }
        guard let last = ends[1].isEmpty ? count - 1 : Int64(ends[1]), last >= first else { return nil }
        return first..<min(last + 1, count)
    }

    private static func xml(_ name: String, _ content: String) -> VendorAnswer {
        let text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<\(name) xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(content)</\(name)>"
        return VendorAnswer(
            status: 200,
            headers: Headers([("content-type", "application/xml")]),
            body: Array(text.utf8)
        )
    }
}
