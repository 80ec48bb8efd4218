import Domain
import Providers
import Resilience
import Sandbox
import Testing

@Suite struct CloudinaryConversationTests {
    private let small = Array("a photo".utf8)
    private let name = "image/garcia/0001 ñ.jpg"

    private func conversation() -> CallConversation<CloudinaryVendor> {
        CallConversation(CloudinaryCalls(), CloudinaryVendor(), StorageCalls.cloudinary)
    }

    @Test func `an asset is stored, looked at, read in part and deleted`() throws {
        var talk = conversation()
        let stored = try #require(try talk.upload(small).outcome)
        #expect(stored.reply["bytes"] == 7)
        #expect(talk.vendor.bytes(of: name) == small)
        #expect(talk.vendor.ledger.map(\.tag) == ["call_1"])
        #expect(
            try talk.run(try StorageCalls.call(.storageHead)).outcome?.reply["etag"] == stored.reply["etag"]
        )
        _ = try talk.run(try StorageCalls.call(.storageDownload, [("range", ["from": 2, "to": 4])]))
        let fetch = try #require(talk.requests.last)
        #expect(fetch.streamsAnswer)
        let answer = talk.send(fetch, content: nil)
        #expect(answer.status == 206)
        #expect(String(decoding: answer.body, as: UTF8.self) == "ph")
        let url = try #require(
            try talk.run(try StorageCalls.call(.storagePresign)).outcome?.reply["url"]?.string
        )
        #expect(talk.send(ProviderRequest("GET", url, effect: .none), content: nil).body == small)
        for _ in 0..<2 { #expect(try talk.run(try StorageCalls.call(.storageDelete)).outcome != nil) }
        #expect(talk.vendor.ledger.map(\.kind) == ["object", "deletion"])
        #expect(try talk.run(try StorageCalls.call(.storageHead)).outcome?.reply["exists"] == false)
        #expect(try talk.run(try StorageCalls.call(.storageDownload)).notApplied?.kind == .notFound)
    }

    @Test func `large content is stored in chunks and comes back as it was`() throws {
        var talk = conversation()
        let bytes = StorageCalls.bytes(2 * Int(StoredContent.partBytes) + 7)
        #expect(try talk.upload(bytes).outcome != nil)
        #expect(talk.vendor.bytes(of: name) == bytes)
        #expect(talk.requests.count == 3)
    }

    @Test func `a chunk that is sent twice counts once`() throws {
        var talk = conversation()
        let bytes = StorageCalls.bytes(Int(StoredContent.partBytes) + 7)
        let call = try StorageCalls.call(.storageUpload, content: bytes)
        let first = try talk.dialect.next(call, talk.account, progress: .null, now: talk.now)
        _ = talk.send(first, content: bytes)
        #expect(try talk.upload(bytes).outcome != nil)
        #expect(talk.vendor.bytes(of: name) == bytes)
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
    }

    @Test func `bytes that change on their way are destroyed again`() throws {
        var talk = conversation()
        talk.content = Array("a ph0to".utf8)
        let failure = try #require(
            try talk.run(try StorageCalls.call(.storageUpload, content: small)).notApplied
        )
        #expect(failure.code == "checksum_mismatch")
        #expect(talk.vendor.bytes(of: name) == nil)
        #expect(talk.vendor.ledger.map(\.kind) == ["object", "deletion"])
    }

    @Test func `a lost answer is found again`() throws {
        var talk = conversation()
        let call = try StorageCalls.call(.storageUpload, [("overwrite", false)], content: small)
        let ask = { (talk: inout CallConversation<CloudinaryVendor>, age: Int64) -> SettleVerdict? in
            let step = talk.dialect.settle(
                call,
                talk.account,
                progress: .null,
                age: .seconds(age),
                round: 0,
                now: talk.now
            )
            guard case .ask(let question) = step else { return nil }
            let answer = talk.send(question, content: nil)
            return talk.dialect.readSettled(
                answer,
                call,
                talk.account,
                progress: .null,
                age: .seconds(age),
                round: 0
            )
        }
        #expect(ask(&talk, 1) == .unknown)
        guard case .dead = ask(&talk, 120) else {
            Issue.record("not dead")
            return
        }
        let request = try talk.dialect.next(call, talk.account, progress: .null, now: talk.now)
        #expect(request.effect == .takesEffect)
        _ = talk.send(request, content: small)
        guard case .succeeded = ask(&talk, 1) else {
            Issue.record("not found")
            return
        }
    }

    @Test func `signatures, keys and clocks are checked, and the secret stays here`() throws {
        for field in ["cloud", "key", "secret"] {
            var credential = StorageCalls.cloudinary.credential
            credential[field] = Secret("somebody-elses-value")
            let account = IntegrationAccount(
                provider: .cloudinary,
                baseURL: StorageCalls.cloudinary.baseURL,
                credential: credential
            )
            var talk = CallConversation(CloudinaryCalls(), CloudinaryVendor(), account)
            let failure = try #require(try talk.upload(small).notApplied)
            #expect(failure.kind == .unauthorized, "\(field)")
            #expect(!failure.message.contains("String to sign"))
        }
        var talk = conversation()
        let call = try StorageCalls.call(.storageUpload, content: small)
        let stale = try talk.dialect.next(
            call,
            talk.account,
            progress: .null,
            now: talk.now + .seconds(-3_601)
        )
        #expect(talk.send(stale, content: small).status == 400)
        #expect(talk.vendor.ledger.isEmpty)
    }

    @Test func `the Admin API grants five hundred requests an hour`() throws {
        var talk = conversation()
        let call = try StorageCalls.call(.storageHead)
        for _ in 0..<CloudinaryVendor.adminMax { _ = try talk.run(call) }
        let request = try talk.dialect.next(call, talk.account, progress: .null, now: talk.now)
        let answer = talk.send(request, content: nil)
        #expect(answer.status == 420)
        #expect(talk.dialect.limits(in: answer) == [.refused(limit: "admin", wait: .seconds(3_600))])
        talk.now = talk.now + .seconds(3_600)
        #expect(try talk.run(call).outcome != nil)
    }
}
