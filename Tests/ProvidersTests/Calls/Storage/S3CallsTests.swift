import Domain
import Providers
import Resilience
import Testing

@Suite struct S3CallsTests {
    private let dialect = S3Calls()
    private let account = ObjectScene.s3()
    private let md5 = String(repeating: "cd", count: 16)
    private let partBytes = StoredContent.partBytes

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

    private func field(_ request: ProviderRequest, _ name: String) -> String? {
        request.headers.first { $0.name == name }?.value
    }

    // MARK: Requests

    @Test(arguments: [
        (
            S3Calls().facts.baseURL, "wedding-photos",
            "https://wedding-photos.s3.eu-central-1.amazonaws.com/a/b%20c.jpg"
        ),
        (
            S3Calls().facts.baseURL, "wedding.photos",
            "https://s3.eu-central-1.amazonaws.com/wedding.photos/a/b%20c.jpg"
        ),
        ("http://127.0.0.1:9000", "photos", "http://127.0.0.1:9000/photos/a/b%20c.jpg"),
        ("https://store.example/s3", "photos", "https://store.example/s3/photos/a/b%20c.jpg"),
    ])
    func `addresses the bucket by its host, or by path`(base: String, bucket: String, url: String) throws {
        let call = try ObjectScene.call(.storageHead, key: "a/b c.jpg")
        let account = ObjectScene.s3(baseURL: base, bucket: bucket)
        let request = try dialect.next(call, account, progress: .null, now: ObjectScene.now)
        #expect(request.url == url)
        #expect(request.method == "HEAD" && request.effect == .none)
    }

    @Test func `a small upload is one signed PUT that carries the call's tag and both checksums`() throws {
        let request = try next(try ObjectScene.call(.storageUpload))
        #expect(request.method == "PUT")
        #expect(request.body == .content(prefix: [], range: 0..<5, suffix: []))
        #expect(field(request, "x-amz-meta-usher-call") == ObjectScene.tag)
        #expect(field(request, "content-type") == "image/jpeg")
        #expect(field(request, "x-amz-meta-usher-sha256") == String(repeating: "ab", count: 32))
        #expect(field(request, "content-md5") == "zc3Nzc3Nzc3Nzc3Nzc3NzQ==")
        #expect(field(request, "x-amz-content-sha256") == String(repeating: "ab", count: 32))
        #expect(field(request, "if-none-match") == nil)
        let signed =
            "SignedHeaders=content-md5;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-usher-call;"
            + "x-amz-meta-usher-sha256,"
        #expect(field(request, "authorization")?.contains(signed) == true)
        #expect(request.effect == .none, "the same bytes under the same key can be sent again, or elsewhere")
    }

    @Test func `a copy may replace the one object that was looked at`() throws {
        let content = try #require(try ObjectScene.call(.storageUpload).content)
        let call = CallRequest(
            operation: .storageUpload,
            input: .object(StorageInput(key: "a", content: content.id, replaces: "e1")),
            key: ObjectScene.key,
            tag: ObjectScene.tag,
            startedAt: ObjectScene.now,
            content: content
        )
        let request = try next(call)
        #expect(field(request, "if-match") == "\"e1\"" && field(request, "if-none-match") == nil)
        let changed = read(ObjectScene.answer(412, []), call)
        #expect(changed == .goOn(["taken": true]))
        let other = ObjectScene.answer(200, [("etag", "\"e2\"")])
        #expect(
            dialect.read(other, call, ObjectScene.s3(), progress: ["taken": true]).short
                == "notApplied conflict NoSuchUpload"
        )
    }

    @Test(
        arguments: [
            (String(repeating: "cd", count: 16), [], 1), ("0-2", [("x-amz-meta-usher-call", "call_x")], 1),
            ("0-2", [], 0),
            (
                String(repeating: "cd", count: 16),
                [
                    ("x-amz-server-side-encryption", "aws:kms"),
                    ("x-amz-meta-usher-sha256", String(repeating: "ab", count: 32)),
                ],
                1
            ),
            (
                String(repeating: "cd", count: 16),
                [("x-amz-meta-usher-sha256", String(repeating: "ab", count: 32))], 2
            ),
        ] as [(String, [(String, String)], Int)]
    )
    func `an object is judged by every checksum that is known of it`(
        tag: String,
        fields: [(String, String)],
        count: Int
    ) throws {
        let call = try ObjectScene.call(.storageDownload)
        let answer = ObjectScene.answer(
            206,
            [
                ("etag", "\"\(tag)\""), ("content-length", "10"), ("content-range", "bytes 0-9/1234"),
                ("last-modified", "Sat, 12 Jun 2027 10:00:00 GMT"),
            ] + fields
        )
        let facts = try #require(dialect.object(in: answer, call, progress: .null))
        #expect(facts.checksums.count == count)
        #expect(facts.bytes == 1_234 && facts.tag == tag)
        #expect(facts.modified == Instant("2027-06-12T10:00:00Z"))
        #expect(facts.call == fields.first { $0.0 == "x-amz-meta-usher-call" }?.1)
    }

    @Test func `an upload that must not replace anything says so, and may be in doubt`() throws {
        let request = try next(try ObjectScene.call(.storageUpload, [("overwrite", false)]))
        #expect(field(request, "if-none-match") == "*")
        #expect(request.effect == .takesEffect)
    }

    @Test func `content of more than a part looks, begins, sends parts and completes`() throws {
        let call = try ObjectScene.call(.storageUpload, bytes: 2 * partBytes + 1)
        #expect(try next(call).method == "HEAD")
        let begin = try next(call, ["looked": true])
        #expect(begin.method == "POST" && begin.url.hasSuffix("/garcia/0001.jpg?uploads="))
        #expect(field(begin, "x-amz-meta-usher-call") == ObjectScene.tag)
        let last = try next(call, ["upload": "u+1", "parts": ["a", "b"]])
        #expect(last.url.hasSuffix("?partNumber=3&uploadId=u%2B1"))
        #expect(last.body == .content(prefix: [], range: (2 * partBytes)..<(2 * partBytes + 1), suffix: []))
        #expect(field(last, "x-amz-content-sha256") == String(repeating: "03", count: 32))
        let complete = try next(call, ["upload": "u", "parts": ["a", "b", "c"]])
        guard case .bytes(let list) = complete.body else {
            Issue.record("no list of parts")
            return
        }
        #expect(
            String(decoding: list, as: UTF8.self).contains(
                "<Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag></Part>"
            )
        )
        #expect(try next(call, ["clean": ["upload": "u"]]).method == "DELETE")
    }

    @Test func `exactly a part is one PUT`() throws {
        #expect(try next(try ObjectScene.call(.storageUpload, bytes: partBytes)).method == "PUT")
        #expect(try next(try ObjectScene.call(.storageUpload, bytes: partBytes + 1)).method == "HEAD")
    }

    @Test func `a download is streamed, and its range is inclusive`() throws {
        let request = try next(try ObjectScene.call(.storageDownload, [("range", ["from": 10, "to": 20])]))
        #expect(request.streamsAnswer)
        #expect(field(request, "range") == "bytes=10-19")
    }

    @Test(arguments: ["a/../b", "./a", "..", "a/."])
    func `a key that a proxy would tidy is refused`(key: String) throws {
        let call = try ObjectScene.call(.storageHead, key: key)
        #expect(throws: CallInputError.self) { try dialect.check(call) }
    }

    // MARK: Answers

    @Test func `an upload succeeds when its ETag is the content's MD5`() throws {
        let call = try ObjectScene.call(.storageUpload)
        #expect(read(ObjectScene.answer(200, [("etag", "\"\(md5)\"")]), call).short == "succeeded true")
    }

    @Test func `an ETag that is no MD5 is believed under a key of KMS only`() throws {
        let call = try ObjectScene.call(.storageUpload)
        let kms = [("etag", "\"other\""), ("x-amz-server-side-encryption", "aws:kms")]
        #expect(read(ObjectScene.answer(200, kms), call).short == "succeeded true")
        let own = [("etag", "\"other\""), ("x-amz-server-side-encryption", "AES256")]
        #expect(read(ObjectScene.answer(200, own), call).short.hasPrefix("goOn {\"clean\""))
    }

    @Test func `what was stored wrongly is removed if it is still the same, and the attempt fails`() throws {
        let call = try ObjectScene.call(.storageUpload)
        guard case .goOn(let progress) = read(ObjectScene.answer(200, [("etag", "\"bad\"")]), call) else {
            Issue.record("believed")
            return
        }
        let removal = try next(call, progress)
        #expect(removal.method == "DELETE")
        #expect(field(removal, "if-match") == "\"bad\"")
        for status in [204, 404, 412, 500] {
            #expect(
                read(ObjectScene.answer(status), call, progress).short
                    == "notApplied unavailable checksum_mismatch"
            )
        }
    }

    @Test func `a part that arrived as something else is sent again three times, then the upload is ended`()
        throws
    {
        let call = try ObjectScene.call(.storageUpload, bytes: partBytes + 1)
        var progress: JSONValue = ["upload": "u", "parts": []]
        for pause in [1.0, 2, 4] {
            guard
                case .wait(let next, let wait) = read(
                    ObjectScene.answer(200, [("etag", "\"no\"")]),
                    call,
                    progress
                )
            else {
                Issue.record("no retry")
                return
            }
            #expect(wait.inSeconds == pause)
            progress = next
        }
        guard case .goOn(let end) = read(ObjectScene.answer(200, [("etag", "\"no\"")]), call, progress) else {
            Issue.record("no end")
            return
        }
        let abort = try next(call, end)
        #expect(abort.method == "DELETE" && abort.url.hasSuffix("?uploadId=u"))
        #expect(read(ObjectScene.answer(204), call, end).short == "notApplied unavailable checksum_mismatch")
    }

    @Test func `parts are remembered one by one`() throws {
        let call = try ObjectScene.call(.storageUpload, bytes: partBytes + 1)
        let first = String(repeating: "01", count: 16)
        let verdict = read(
            ObjectScene.answer(200, [("etag", "\"\(first)\"")]),
            call,
            ["upload": "u", "parts": [], "tries": 2]
        )
        #expect(verdict == .goOn(["upload": "u", "parts": [.string(first)]]))
    }

    @Test func `completing may answer 200 with an error inside, after blanks`() throws {
        let progress: JSONValue = ["upload": "u", "parts": ["a", "b"]]
        let error = "   \n" + ObjectScene.error("InternalError")
        let safe = try ObjectScene.call(.storageUpload, bytes: partBytes + 1)
        #expect(read(ObjectScene.answer(200, [], error), safe, progress).short == "wait 1.0")
        let careful = try ObjectScene.call(.storageUpload, [("overwrite", false)], bytes: partBytes + 1)
        #expect(
            read(ObjectScene.answer(200, [], error), careful, progress).short
                == "inDoubt unavailable InternalError"
        )
        let taken = ObjectScene.error("PreconditionFailed")
        #expect(
            read(ObjectScene.answer(200, [], taken), careful, progress)
                == .goOn(["upload": "u", "taken": true])
        )
    }

    @Test func `a completed upload has the MD5 of its parts' MD5s`() throws {
        let call = try ObjectScene.call(.storageUpload, bytes: partBytes + 1)
        let progress: JSONValue = ["upload": "u", "parts": ["a", "b"]]
        let done = { (tag: String) in
            ObjectScene.answer(
                200,
                [],
                "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                    + "<ETag>&quot;\(tag)&quot;</ETag></CompleteMultipartUploadResult>"
            )
        }
        // python3: md5(bytes([1]*16 + [2]*16)).hexdigest()
        #expect(read(done("a2178117d5e9ed5f7660ab3e6719c6a2-2"), call, progress).short == "succeeded true")
        #expect(
            read(done("00000000000000000000000000000000-2"), call, progress).short.hasPrefix(
                "goOn {\"clean\""
            )
        )
    }

    @Test func `after 412 the object's tag tells whose it is`() throws {
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)])
        let taken = ObjectScene.answer(412, [], ObjectScene.error("PreconditionFailed"))
        #expect(read(taken, call) == .goOn(["taken": true]))
        #expect(try next(call, ["taken": true]).method == "HEAD")
        let fields = { (tag: String, etag: String) in
            ObjectScene.answer(
                200,
                [("etag", "\"\(etag)\""), ("content-length", "5"), ("x-amz-meta-usher-call", tag)]
            )
        }
        let progress: JSONValue = ["taken": true]
        #expect(read(fields(ObjectScene.tag, md5), call, progress).short == "succeeded true")
        #expect(read(fields("call_other", md5), call, progress).short == "refused rejected exists")
        #expect(read(fields(ObjectScene.tag, "bad"), call, progress).short.hasPrefix("goOn {\"clean\""))
        #expect(
            read(ObjectScene.answer(404), call, progress).short == "notApplied conflict changed_meanwhile"
        )
    }

    @Test func `a large upload that must not replace anything is not sent when the key is taken`() throws {
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)], bytes: partBytes + 1)
        #expect(read(ObjectScene.answer(200, [("etag", "\"x\"")]), call).short == "refused rejected exists")
        #expect(read(ObjectScene.answer(404), call) == .goOn(["looked": true]))
    }

    @Test(arguments: [
        (403, ObjectScene.error("SignatureDoesNotMatch"), "notApplied unauthorized SignatureDoesNotMatch"),
        (403, ObjectScene.error("RequestTimeTooSkewed"), "notApplied unauthorized RequestTimeTooSkewed"),
        (400, ObjectScene.error("ExpiredToken"), "notApplied unauthorized ExpiredToken"),
        (404, ObjectScene.error("NoSuchBucket"), "notApplied unauthorized NoSuchBucket"),
        (
            400, ObjectScene.error("AuthorizationHeaderMalformed", "<Region>us-west-2</Region>"),
            "notApplied unauthorized wrong_region"
        ),
        (301, ObjectScene.error("PermanentRedirect"), "notApplied unauthorized PermanentRedirect"),
        (503, ObjectScene.error("SlowDown"), "notApplied limited SlowDown"),
        (400, ObjectScene.error("BadDigest"), "notApplied unavailable BadDigest"),
        (400, ObjectScene.error("EntityTooLarge"), "notApplied rejected EntityTooLarge"),
        (
            409, ObjectScene.error("ConditionalRequestConflict"),
            "notApplied conflict ConditionalRequestConflict"
        ),
        (400, ObjectScene.error("RequestTimeout"), "inDoubt unavailable RequestTimeout"),
        (500, ObjectScene.error("InternalError"), "inDoubt unavailable InternalError"),
        (503, ObjectScene.error("ServiceUnavailable"), "inDoubt unavailable ServiceUnavailable"),
        (502, "<html>", "inDoubt unavailable http_502"),
    ])
    func `errors of an upload that must not be repeated blindly`(
        status: Int,
        body: String,
        expected: String
    ) throws {
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)])
        #expect(read(ObjectScene.answer(status, [], body), call).short == expected)
        let again = try ObjectScene.call(.storageUpload)
        let harmless = expected.replacing("inDoubt", with: "notApplied")
        #expect(read(ObjectScene.answer(status, [], body), again).short == harmless)
    }

    @Test func `the right region is named`() throws {
        let answer = ObjectScene.answer(301, [("x-amz-bucket-region", "us-west-2")])
        guard case .notApplied(let failure) = read(answer, try ObjectScene.call(.storageHead)) else {
            Issue.record("answered")
            return
        }
        #expect(failure.code == "wrong_region")
        #expect(failure.message.contains("us-west-2"))
    }

    @Test func `only SlowDown is news of a limit`() {
        let body = ObjectScene.error("SlowDown")
        #expect(dialect.limits(in: ObjectScene.answer(503, [], body)) == [.refused(limit: nil, wait: nil)])
        #expect(
            dialect.limits(in: ObjectScene.answer(503, [], ObjectScene.error("ServiceUnavailable"))).isEmpty
        )
        #expect(dialect.limits(in: ObjectScene.answer(200)).isEmpty)
    }

    @Test func `missing objects are absent to head, and an error to download and presign`() throws {
        #expect(read(ObjectScene.answer(404), try ObjectScene.call(.storageHead)).short == "succeeded false")
        for operation in [Providers.Operation.storageDownload, .storagePresign] {
            #expect(
                read(ObjectScene.answer(404), try ObjectScene.call(operation)).short
                    == "notApplied notFound http_404"
            )
        }
        #expect(
            read(ObjectScene.answer(204), try ObjectScene.call(.storageDelete)).short == "succeeded false"
        )
    }

    // MARK: Settling

    @Test(arguments: [
        (200, ObjectScene.tag, "cd", 5, "succeeded"),
        (200, ObjectScene.tag, "ee", 5, "dead checksum_mismatch"),
        (200, "call_other", "cd", 5, "unknown"), (200, "call_other", "cd", 120, "refused exists"),
        (404, "", "", 5, "unknown"), (404, "", "", 120, "dead not_applied"), (500, "", "", 999, "unknown"),
    ])
    func `a lost answer is found by the object's tag`(
        status: Int,
        tag: String,
        byte: String,
        age: Int64,
        expected: String
    ) throws {
        let call = try ObjectScene.call(.storageUpload, [("overwrite", false)])
        let etag = "\"\(String(repeating: byte, count: 16))\""
        let fields = status == 200 ? [("etag", etag), ("x-amz-meta-usher-call", tag)] : []
        let verdict = dialect.readSettled(
            ObjectScene.answer(status, fields),
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
