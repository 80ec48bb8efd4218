import Domain
import Providers
import Sandbox
import Testing

@Suite struct S3ConversationTests {
    private let small = Array("a photo".utf8)
    private let key = "garcia/0001 ñ.jpg"

    private func conversation(_ account: IntegrationAccount = StorageCalls.s3) -> CallConversation<S3Vendor> {
        CallConversation(S3Calls(), S3Vendor(), account)
    }

    @Test func `an object is stored, looked at, read in part and deleted`() throws {
        var talk = conversation()
        let stored = try #require(try talk.upload(small).outcome)
        #expect(stored.reply["bytes"] == 7)
        #expect(talk.vendor.bytes(of: key) == small)
        #expect(talk.vendor.ledger.map(\.tag) == ["call_1"])
        let seen = try #require(try talk.run(try StorageCalls.call(.storageHead)).outcome)
        #expect(seen.reply["exists"] == true)
        #expect(seen.reply["etag"] == stored.reply["etag"])
        let part = try StorageCalls.call(.storageDownload, [("range", ["from": 2, "to": 4])])
        let request = try talk.dialect.next(part, talk.account, progress: .null, now: talk.now)
        let answer = talk.send(request, content: nil)
        #expect(answer.status == 206)
        #expect(String(decoding: answer.body, as: UTF8.self) == "ph")
        _ = try #require(try talk.run(try StorageCalls.call(.storageDelete)).outcome)
        _ = try #require(try talk.run(try StorageCalls.call(.storageDelete)).outcome)
        #expect(talk.vendor.ledger.map(\.kind) == ["object", "deletion"])
        #expect(try talk.run(try StorageCalls.call(.storageHead)).outcome?.reply["exists"] == false)
        #expect(try talk.run(try StorageCalls.call(.storagePresign)).notApplied?.kind == .notFound)
    }

    @Test func `content of no bytes is an object too`() throws {
        var talk = conversation()
        #expect(try talk.upload([]).outcome != nil)
        #expect(talk.vendor.bytes(of: key) == [])
    }

    @Test func `large content is stored in parts and comes back as it was`() throws {
        var talk = conversation()
        let bytes = StorageCalls.bytes(2 * Int(StoredContent.partBytes) + 7)
        let stored = try #require(try talk.upload(bytes).outcome)
        #expect(stored.reply["etag"]?.string?.hasSuffix("-3") == true)
        #expect(talk.vendor.bytes(of: key) == bytes)
        #expect(talk.requests.count == 6)
        #expect(talk.vendor.unfinishedUploads == 0)
    }

    @Test func `a second upload of another call finds the key taken, the same call finds its own`() throws {
        var talk = conversation()
        #expect(try talk.upload(small, [("overwrite", false)]).outcome != nil)
        #expect(try talk.upload(small, [("overwrite", false)]).outcome != nil)
        guard case .refused(let failure) = try talk.upload(small, [("overwrite", false)], number: 2) else {
            Issue.record("replaced")
            return
        }
        #expect(failure.code == "exists")
        #expect(talk.vendor.ledger.count == 1)
        #expect(try talk.upload(Array("another".utf8), number: 3).outcome != nil)
        #expect(talk.vendor.bytes(of: key) == Array("another".utf8))
    }

    @Test func `an upload is completed once, wherever its answers are lost`() throws {
        let bytes = StorageCalls.bytes(Int(StoredContent.partBytes) + 1)
        let call = try StorageCalls.call(.storageUpload, [("overwrite", false)], content: bytes)
        for lost in 0..<5 {
            var talk = conversation()
            talk.content = bytes
            var progress = JSONValue.null
            var count = 0
            var verdict: CallVerdict?
            while verdict == nil {
                let request = try talk.dialect.next(call, talk.account, progress: progress, now: talk.now)
                let answer = talk.send(request, content: bytes)
                count += 1
                if count == lost + 1 {
                    guard request.effect == .takesEffect else { continue }
                    let step = talk.dialect.settle(
                        call,
                        talk.account,
                        progress: progress,
                        age: .seconds(1),
                        round: 0,
                        now: talk.now
                    )
                    guard case .ask(let question) = step else {
                        Issue.record("no question")
                        return
                    }
                    let settled = talk.dialect.readSettled(
                        talk.send(question, content: nil),
                        call,
                        talk.account,
                        progress: progress,
                        age: .seconds(1),
                        round: 0
                    )
                    guard case .succeeded(let outcome) = settled else {
                        Issue.record("not found")
                        return
                    }
                    verdict = .succeeded(outcome)
                    continue
                }
                switch talk.dialect.read(answer, call, talk.account, progress: progress) {
                case .goOn(let next), .wait(let next, _): progress = next
                case let end: verdict = end
                }
            }
            #expect(verdict?.outcome?.reply["bytes"] == 16_777_217, "answer \(lost) lost")
            #expect(talk.vendor.ledger.map(\.kind) == ["object"])
            #expect(talk.vendor.bytes(of: key) == bytes)
        }
    }

    @Test func `a repeated completion finds the object that the first one made`() throws {
        let bytes = StorageCalls.bytes(Int(StoredContent.partBytes) + 1)
        let call = try StorageCalls.call(.storageUpload, content: bytes)
        var talk = conversation()
        #expect(try talk.upload(bytes).outcome != nil)
        let completion = try #require(talk.requests.last)
        let parts = StorageCalls.content(bytes).parts.map { JSONValue.string(Hex.encode($0.md5)) }
        let progress: JSONValue = ["upload": "gone", "parts": .array(parts)]
        let answer = talk.send(completion, content: bytes)
        #expect(answer.status == 404)
        #expect(
            talk.dialect.read(answer, call, talk.account, progress: progress)
                == .goOn(["upload": "gone", "taken": true])
        )
        let look = try talk.dialect.next(
            call,
            talk.account,
            progress: ["upload": "gone", "taken": true],
            now: talk.now
        )
        let verdict = talk.dialect.read(
            talk.send(look, content: nil),
            call,
            talk.account,
            progress: ["upload": "gone", "taken": true]
        )
        #expect(verdict.outcome?.reply["exists"] == true)
    }

    @Test func `bytes that change on their way are not stored`() throws {
        var talk = conversation()
        talk.content = Array("a ph0to".utf8)
        let call = try StorageCalls.call(.storageUpload, content: small)
        let failure = try #require(try talk.run(call).notApplied)
        #expect(failure.kind == .unavailable)
        #expect(talk.vendor.ledger.isEmpty)
    }

    @Test func `a presigned URL works until it expires, for its method and key alone`() throws {
        var talk = conversation()
        _ = try talk.upload(small)
        let call = try StorageCalls.call(.storagePresign, [("expires_in", 600)])
        let url = try #require(try talk.run(call).outcome?.reply["url"]?.string)
        let get = ProviderRequest("GET", url, effect: .none)
        #expect(talk.send(get, content: nil).body == small)
        #expect(talk.send(ProviderRequest("DELETE", url, effect: .none), content: nil).status == 403)
        let other = url.replacing("0001", with: "0002")
        #expect(talk.send(ProviderRequest("GET", other, effect: .none), content: nil).status == 403)
        talk.now = talk.now + .seconds(601)
        #expect(talk.send(get, content: nil).status == 403)
    }

    @Test func `a presigned upload stores what its holder sends`() throws {
        var talk = conversation()
        let call = try StorageCalls.call(.storagePresign, key: "new.jpg", [("purpose", "upload")])
        let reply = try #require(try talk.run(call).outcome?.reply)
        #expect(reply["exists"] == false)
        let put = ProviderRequest(
            "PUT",
            reply["url"]?.string ?? "",
            body: .bytes(small),
            effect: .takesEffect
        )
        #expect(talk.send(put, content: nil).status == 200)
        #expect(talk.vendor.bytes(of: "new.jpg") == small)
    }

    @Test func `a clock that is off by more than a quarter of an hour is refused`() throws {
        for (seconds, isRefused) in [(Int64(900), false), (901, true), (-900, false), (-901, true)] {
            var talk = conversation()
            let call = try StorageCalls.call(.storageHead)
            let sent = try talk.dialect.next(
                call,
                talk.account,
                progress: .null,
                now: talk.now + .seconds(seconds)
            )
            #expect((talk.send(sent, content: nil).status == 403) == isRefused, "\(seconds)")
        }
    }

    @Test(arguments: ["access_key_id", "secret_key", "region", "bucket"])
    func `any wrong field of the credential is the operator's`(field: String) throws {
        var credential = StorageCalls.s3.credential
        credential[field] = Secret("somebody-elses")
        let account = IntegrationAccount(
            provider: .awsS3,
            baseURL: StorageCalls.s3.baseURL,
            credential: credential
        )
        var talk = conversation(account)
        let failure = try #require(try talk.upload(small).notApplied)
        #expect(failure.kind == .unauthorized)
        if field == "region" { #expect(failure.message.contains(S3Vendor.regionDefault)) }
    }

    @Test func `nothing that was signed can be changed, nor anything be left unsigned`() throws {
        let call = try StorageCalls.call(.storageUpload, content: small)
        var talk = conversation()
        let sent = try talk.dialect.next(call, talk.account, progress: .null, now: talk.now)
        let tampered: [(String, (inout ProviderRequest) -> Void)] = [
            ("path", { $0.url += "x" }), ("query", { $0.url += "?acl=" }), ("method", { $0.method = "POST" }),
            (
                "tag",
                {
                    $0.headers =
                        Headers(
                            $0.headers.map { field in
                                (field.name, field.name == "x-amz-meta-usher-call" ? "call_2" : field.value)
                            }
                        ).fields
                }
            ),
            (
                "unsigned",
                { $0.headers += Headers([("x-amz-acl", "public-read")]).fields }
            ),
        ]
        for (name, change) in tampered {
            var request = sent
            change(&request)
            #expect(talk.send(request, content: small).status == 403, "\(name)")
        }
        #expect(talk.vendor.ledger.isEmpty)
        #expect(talk.send(sent, content: small).status == 200)
    }

    @Test func `parts below five MiB are refused at the end, and the upload is given up`() throws {
        var talk = conversation()
        let call = try StorageCalls.call(
            .storageUpload,
            content: StorageCalls.bytes(Int(StoredContent.partBytes) + 1)
        )
        let begin = try talk.dialect.next(call, talk.account, progress: ["looked": true], now: talk.now)
        guard
            case .goOn(let progress) = talk.dialect.read(
                talk.send(begin, content: nil),
                call,
                talk.account,
                progress: ["looked": true]
            ), let upload = progress["upload"]
        else {
            Issue.record("not begun")
            return
        }
        let wrong: JSONValue = ["upload": upload, "parts": ["aa", "bb"]]
        let complete = try talk.dialect.next(call, talk.account, progress: wrong, now: talk.now)
        guard
            case .goOn(let end) = talk.dialect.read(
                talk.send(complete, content: nil),
                call,
                talk.account,
                progress: wrong
            )
        else {
            Issue.record("not ended")
            return
        }
        #expect(talk.vendor.unfinishedUploads == 1)
        let abort = try talk.dialect.next(call, talk.account, progress: end, now: talk.now)
        let verdict = talk.dialect.read(talk.send(abort, content: nil), call, talk.account, progress: end)
        #expect(verdict.notApplied?.code == "InvalidPart")
        #expect(talk.vendor.unfinishedUploads == 0)
    }
}
