import Domain
import Providers
import Resilience
import Testing

@Suite struct CloudinaryCallsTests {
    private let dialect = CloudinaryCalls()
    private let account = ObjectScene.cloudinary
    private let md5 = String(repeating: "cd", count: 16)

    private func next(_ call: CallRequest, _ progress: JSONValue = .null) throws -> ProviderRequest {
        try dialect.next(call, account, progress: progress, now: ObjectScene.now)
    }

    private func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ progress: JSONValue = .null
    ) -> CallVerdict {
        dialect.read(answer, call, account, progress: progress)
    }

    private func asset(_ etag: String, _ more: String = "", bytes: Int = 5) -> String {
        """
        {"public_id":"garcia/0001.jpg","bytes":\(bytes),"etag":"\(etag)","resource_type":"image","format":"jpg",\
        "secure_url":"https://res.cloudinary.com/garcia/image/upload/v1/garcia/0001.jpg.jpg"\(more)}
        """
    }

    @Test func `an upload is a signed form whose file is the content`() throws {
        let request = try next(try ObjectScene.call(.storageUpload))
        #expect(request.url == "https://api.cloudinary.com/v1_1/garcia/image/upload")
        guard case .content(let prefix, let range, let suffix) = request.body else {
            Issue.record("no content")
            return
        }
        let head = String(decoding: prefix, as: UTF8.self)
        let boundary = "usher-\(ObjectScene.key)"
        #expect(
            request.headers.first { $0.name == "content-type" }?.value
                == "multipart/form-data; boundary=\(boundary)"
        )
        // python3: sha1("context=usher_call=…&invalidate=1&overwrite=1&public_id=…&timestamp=…" + secret)
        for (name, value) in [
            ("public_id", "garcia/0001.jpg"), ("overwrite", "1"),
            ("context", "usher_call=\(ObjectScene.tag)"),
            ("timestamp", "\(ObjectScene.now.seconds)"), ("api_key", "874837483274837"),
            ("signature", "d352db9f9de0dc6e458a82002a6d25afa780b4cc"),
        ] {
            #expect(head.contains("name=\"\(name)\"\r\n\r\n\(value)\r\n--\(boundary)\r\n"), "\(name)")
        }
        #expect(head.hasSuffix("Content-Type: application/octet-stream\r\n\r\n"))
        #expect(range == 0..<5)
        #expect(String(decoding: suffix, as: UTF8.self) == "\r\n--\(boundary)--\r\n")
        #expect(!request.headers.contains { $0.name == "content-range" })
    }

    @Test func `content of more than a part comes in chunks, the last of which counts`() throws {
        let bytes = StoredContent.partBytes + 1
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)], bytes: bytes)
        let field = { (request: ProviderRequest, name: String) in
            request.headers.first { $0.name == name }?.value
        }
        let first = try next(call)
        #expect(field(first, "content-range") == "bytes 0-16777215/16777217")
        #expect(field(first, "x-unique-upload-id") == ObjectScene.key)
        #expect(first.effect == .none)
        #expect(read(ObjectScene.answer(200, [], #"{"done":false}"#), call) == .goOn(["parts": 1]))
        let last = try next(call, ["parts": 1])
        #expect(field(last, "content-range") == "bytes 16777216-16777216/16777217")
        #expect(last.effect == .takesEffect)
    }

    @Test(arguments: [
        ("a.jpg", "image"), ("a/b.JPEG", "image"), ("a.mp4", "video"), ("song.mp3", "video"),
        ("a.pdf", "raw"),
        ("a", "raw"), (".jpg", "raw"), ("a.jpg/b", "raw"),
    ])
    func `the key's ending decides the resource type`(key: String, type: String) throws {
        let head = try next(try ObjectScene.call(.storageHead, key: key))
        #expect(
            head.url == "https://api.cloudinary.com/v1_1/garcia/resources/\(type)/upload/\(key)?context=1"
        )
    }

    @Test(arguments: [
        "a?b", "a&b", "a#b", "a\\b", "a%20b", "a<b", "a>b", "a+b", " a", "a ", "a/", "a//b",
        String(repeating: "a", count: 256), "../a",
    ])
    func `keys that are no public_id are refused before anything is sent`(key: String) throws {
        let call = try ObjectScene.call(.storageHead, key: key)
        #expect(throws: CallInputError.self) { try dialect.check(call) }
    }

    @Test func `there are no presigned uploads`() throws {
        let call = try ObjectScene.call(.storagePresign, [("purpose", "upload")])
        #expect(throws: CallInputError.self) { try dialect.check(call) }
        try dialect.check(try ObjectScene.call(.storagePresign))
    }

    @Test func `length and MD5 decide whether an upload succeeded`() throws {
        let call = try ObjectScene.call(.storageUpload)
        #expect(read(ObjectScene.answer(200, [], asset(md5)), call).short == "succeeded true")
        for wrong in [asset(md5, bytes: 6), asset("ee")] {
            #expect(read(ObjectScene.answer(200, [], wrong), call) == .goOn(["clean": true]))
        }
        #expect(try next(call, ["clean": true]).url.hasSuffix("/image/destroy"))
        #expect(
            read(ObjectScene.answer(200, [], #"{"result":"ok"}"#), call, ["clean": true]).short
                == "notApplied unavailable checksum_mismatch"
        )
    }

    @Test func `an existing asset is looked at before it is called somebody else's`() throws {
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)])
        let existing = ObjectScene.answer(200, [], asset(md5, ",\"existing\":true"))
        #expect(read(existing, call) == .goOn(["taken": true]))
        let ours = #","context":{"custom":{"usher_call":"\#(ObjectScene.tag)"}}"#
        let progress: JSONValue = ["taken": true]
        #expect(read(ObjectScene.answer(200, [], asset(md5, ours)), call, progress).short == "succeeded true")
        #expect(
            read(ObjectScene.answer(200, [], asset(md5)), call, progress).short == "refused rejected exists"
        )
    }

    @Test(arguments: [
        "http://res.cloudinary.com/a", "https://res.cloudinary.com.evil.example/a", "https://evil.example/a",
        "https://user@res.cloudinary.com/a", "file:///etc/passwd",
    ])
    func `content is fetched from Cloudinary's own hosts only`(url: String) throws {
        let call = try ObjectScene.call(.storageDownload)
        let body = #"{"public_id":"a","bytes":1,"secure_url":"\#(url)"}"#
        #expect(
            read(ObjectScene.answer(200, [], body), call).short == "notApplied unavailable unexpected_url"
        )
    }

    @Test func `a download looks first, then streams the delivery URL`() throws {
        let call = try ObjectScene.call(.storageDownload, [("range", ["from": 0, "to": 3])])
        guard case .goOn(let progress) = read(ObjectScene.answer(200, [], asset(md5)), call) else {
            Issue.record("no URL")
            return
        }
        let fetch = try next(call, progress)
        #expect(fetch.streamsAnswer && fetch.url.hasPrefix("https://res.cloudinary.com/"))
        #expect(fetch.headers.contains { $0.name == "range" && $0.value == "bytes=0-2" })
        #expect(!fetch.headers.contains { $0.name == "authorization" })
    }

    @Test(arguments: [
        (401, "Invalid Signature abc. String to sign - 'x'.", "notApplied unauthorized invalid_signature"),
        (400, "Stale request - reported time is …", "notApplied rejected stale_request"),
        (400, "Invalid image file", "notApplied rejected http_400"),
        (420, "Rate Limit", "notApplied limited http_420"),
        (429, "Rate Limit", "notApplied limited http_429"),
        (500, "General Error", "inDoubt unavailable http_500"),
    ])
    func `errors of an upload that must not be repeated blindly`(
        status: Int,
        message: String,
        expected: String
    ) throws {
        let body = #"{"error":{"message":"\#(message)"}}"#
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)])
        let verdict = read(ObjectScene.answer(status, [], body), call)
        #expect(verdict.short == expected)
        #expect(!"\(verdict)".contains("String to sign"))
        let harmless = expected.replacing("inDoubt", with: "notApplied")
        #expect(
            read(ObjectScene.answer(status, [], body), try ObjectScene.call(.storageUpload)).short == harmless
        )
    }

    @Test func `the Admin API's limit ends at a date`() {
        let headers = [
            ("x-featureratelimit-limit", "500"), ("x-featureratelimit-remaining", "12"),
            ("x-featureratelimit-reset", "Sat, 12 Jun 2027 11:00:00 GMT"),
        ]
        #expect(
            dialect.limits(in: ObjectScene.answer(200, headers))
                == [.remaining(limit: "admin", count: 12, resetIn: .seconds(3_600))]
        )
        #expect(
            dialect.limits(in: ObjectScene.answer(420, headers))
                == [.refused(limit: "admin", wait: .seconds(3_600))]
        )
        #expect(dialect.limits(in: ObjectScene.answer(420)) == [.refused(limit: nil, wait: nil)])
    }

    @Test(arguments: [
        (200, true, 5, "succeeded"), (200, false, 5, "unknown"), (200, false, 120, "refused exists"),
        (404, false, 119, "unknown"), (404, false, 120, "dead not_applied"), (500, false, 999, "unknown"),
    ])
    func `a lost answer is found by the asset's context`(
        status: Int,
        isOurs: Bool,
        age: Int64,
        expected: String
    ) throws {
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)])
        let tag = isOurs ? ObjectScene.tag : "call_other"
        let body = status == 200 ? asset(md5, #","context":{"custom":{"usher_call":"\#(tag)"}}"#) : "{}"
        let verdict = dialect.readSettled(
            ObjectScene.answer(status, [], body),
            call,
            account,
            progress: .null,
            age: .seconds(age),
            round: 0
        )
        let text =
            switch verdict {
            case .succeeded: "succeeded"
            case .dead(let failure): "dead \(failure.code)"
            case .refused(let failure): "refused \(failure.code)"
            case .unknown: "unknown"
            }
        #expect(text == expected)
    }
}
