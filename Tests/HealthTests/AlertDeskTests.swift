import Domain
import Health
import Providers
import Resilience
import Signatures
import Storage
import Testing
import Transport
import UsherTesting

@Suite(.enabled(if: TestEngine.standard == .sqlite, "the shared clock is the server's")) struct AlertDeskTests
{
    private static func channel(
        _ name: String,
        _ kind: AlertChannel.Kind,
        from: AlertLevel = .warning,
        after: Int64 = 0
    ) throws -> AlertChannel {
        AlertChannel(name: try #require(ResourceName(name)), kind: kind, from: from, after: .seconds(after))
    }

    private static func hook(_ name: String, after: Int64 = 0) throws -> AlertChannel {
        try channel(
            name,
            .webhook(url: "http://127.0.0.1:4000/\(name)", secret: nil, allowPrivate: true),
            after: after
        )
    }

    private func bodies(_ rig: AlertRig) throws -> [JSONValue] {
        try rig.upstream.requests.map { try JSONParser.parse($0.body) }
    }

    private func occasions(_ rig: AlertRig) throws -> [String?] {
        try bodies(rig).map { $0["alerts"]?.array?.first?["occasion"]?.string }
    }

    @Test func `tells a channel of an incident once, and of its end`() async throws {
        try await AlertRig.run([try Self.hook("ops")]) { rig in
            rig.upstream.answer { _ in .status(204) }
            let incident = try await rig.open("stripe")
            try await rig.pass(40)
            #expect(try occasions(rig) == ["began"])
            try await rig.close(incident)
            try await rig.pass(70)
            #expect(try occasions(rig) == ["began", "over"])
            let record = try #require(try await rig.book.find(incident.id)).entries.filter {
                $0.kind == .alert
            }
            #expect(record.map(\.text) == ["ops (webhook) was told.", "ops (webhook) was told."])
            #expect(try await rig.desk.list(limit: 10).map(\.course.stage) == [.over])
        }
    }

    @Test func `says nothing of what was over before anybody was told`() async throws {
        try await AlertRig.run([try Self.hook("ops")]) { rig in
            rig.upstream.answer { _ in .status(204) }
            let incident = try await rig.open("stripe")
            try await rig.pass(5)
            try await rig.close(incident)
            try await rig.pass(90)
            #expect(rig.upstream.requests.isEmpty)
            let alert = try #require(try await rig.desk.list(limit: 1).first)
            #expect(try await rig.desk.find(alert.id)?.notices.map(\.state) == [.passed, .passed])
        }
    }

    @Test func `puts alerts of one trouble into one message`() async throws {
        try await AlertRig.run([try Self.hook("ops")]) { rig in
            rig.upstream.answer { _ in .status(204) }
            for name in ["stripe", "square", "paypal"] { _ = try await rig.open(name) }
            try await rig.pass(40)
            #expect(try bodies(rig).map { $0["alerts"]?.array?.count } == [3])
        }
    }

    @Test func `goes on to the next sooner when the next item nears, and stops when somebody takes it`()
        async throws
    {
        let channels = [try Self.hook("first"), try Self.hook("second", after: 900)]
        for (isTaken, expected) in [(false, ["first", "second"]), (true, ["first"])] {
            try await AlertRig.run(channels) { rig in
                rig.upstream.answer { _ in .status(204) }
                _ = try await rig.open("stripe", level: .critical, in: .seconds(1_800))
                try await rig.pass(5)
                if isTaken {
                    let alert = try #require(try await rig.desk.list(limit: 1).first)
                    #expect(try await rig.desk.take(alert.id, by: "anna")?.takenBy == "anna")
                }
                try await rig.pass(130)
                #expect(
                    rig.upstream.requests.map { $0.url.pathAndQuery.dropFirst() }.map(String.init) == expected
                )
            }
        }
    }

    @Test func `tries again with pauses, gives up after so many tries, and goes on to the next at once`()
        async throws
    {
        let channels = [try Self.hook("first"), try Self.hook("second", after: 3_600)]
        try await AlertRig.run(channels) { rig in
            rig.upstream.answer { request in
                request.url.pathAndQuery == "/first" ? .status(500) : .status(200)
            }
            _ = try await rig.open("stripe", level: .high)
            try await rig.pass(400)
            let paths = rig.upstream.requests.map(\.url.pathAndQuery)
            #expect(paths.count { $0 == "/first" } == AlertDesk.triesMax)
            #expect(paths.count { $0 == "/second" } == 1)
            let alert = try #require(try await rig.desk.list(limit: 1).first)
            let states = try #require(try await rig.desk.find(alert.id)).notices.map(\.state)
            #expect(states.prefix(2) == [.failed, .sent])
        }
    }

    @Test func `does not mail through the provider that is down, and tells the others of the step`()
        async throws
    {
        let mail = try Self.channel("mail", .email(to: ["ops@example.com"], from: nil))
        let text = try Self.channel(
            "phone",
            .sms(to: ["+34600111222", "+34600111223"], from: nil),
            after: 3_600
        )
        let served: @Sendable (Capability, ResourceName?) -> Bool = { capability, about in
            !(capability == .email && about?.text == "sendgrid")
        }
        try await AlertRig.run([mail, text], served: served) { rig in
            _ = try await rig.open("sendgrid", level: .high)
            try await rig.pass(30)
            #expect(rig.calls.all.map(\.operation) == [.smsSend, .smsSend])
            #expect(Set(rig.calls.all.map(\.key)).count == 2)
            #expect(
                rig.calls.all.compactMap { $0.input["body"]?.string }.allSatisfy {
                    $0.hasPrefix("HIGH: sendgrid")
                }
            )
        }
    }

    @Test func `a silence keeps alerts back but the loudest, and they are recorded`() async throws {
        try await AlertRig.run([try Self.hook("ops")]) { rig in
            rig.upstream.answer { _ in .status(204) }
            let now = rig.manual.time.now()
            let silence = try #require(AlertSilence(subject: nil, from: now, until: now + .seconds(600)))
            let stored = try #require(try await rig.desk.silence(silence, reason: "we know", by: "anna"))
            _ = try await rig.open("stripe", level: .high)
            try await rig.pass(60)
            #expect(rig.upstream.requests.isEmpty)
            let alert = try #require(try await rig.desk.list(limit: 1).first)
            #expect(try await rig.desk.find(alert.id)?.notices.map(\.state) == [.silenced])
            _ = try await rig.open("square", level: .critical)
            try await rig.pass(30)
            #expect(try occasions(rig) == ["began"])
            #expect(try await rig.desk.silences().map(\.id) == [stored.id])
            #expect(try await rig.desk.endSilence(stored.id))
            #expect(try await rig.desk.endSilence(stored.id) == false)
        }
    }

    @Test func `a message to a chat holds nothing that becomes a link or a mention`() throws {
        let news = AlertNews(
            alert: try #require(AlertID(bytes: [UInt8](repeating: 1, count: 16))),
            incident: try #require(IncidentID(bytes: [UInt8](repeating: 2, count: 16))),
            subject: "integration stripe",
            level: .critical,
            occasion: .began,
            summary: "<!channel> & <https://evil.example|Stripe>\nis down",
            meanings: ["Cake at 16:00"],
            since: Instant(seconds: 1_800_000_000)
        )
        let message = AlertMessage([news], home: "https://usher.example.com")
        let text = try #require(message.slack["blocks"]?.array?.first?["text"]?["text"]?.string)
        #expect(text.contains("&lt;!channel&gt; &amp; &lt;https://evil.example|Stripe&gt; is down"))
        #expect(message.title == "CRITICAL: <!channel> & <https://evil.example|Stripe> is down")
        #expect(message.sms.unicodeScalars.count <= AlertMessage.smsUnitsMax)
        #expect(message.push.serialized().count <= 3_993)
    }

    @Test func `browsers are told, and those that are gone are forgotten`() async throws {
        try await AlertRig.run([try Self.channel("browsers", .push(allowPrivate: true))]) { rig in
            let key = Base64.decode(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                .urlSafe
            )
            let secret = Base64.decode("BTBZMqHH6r4Tts7J_aSIgg", .urlSafe)
            for path in ["there", "gone"] {
                let browser = try #require(
                    PushSubscription(
                        endpoint: "http://127.0.0.1:4000/\(path)",
                        key: key ?? [],
                        secret: secret ?? [],
                        allowsPlain: true
                    )
                )
                #expect(try await rig.browsers.add(browser, label: path, by: "anna") != nil)
            }
            rig.upstream.answer { request in .status(request.url.pathAndQuery == "/gone" ? 410 : 201)
            }
            _ = try await rig.open("stripe", level: .critical)
            try await rig.pass(10)
            #expect(rig.upstream.requests.count == 2)
            #expect(
                rig.upstream.requests.allSatisfy {
                    $0.headers.contains { $0 == ("content-encoding", "aes128gcm") }
                }
            )
            #expect(try await rig.browsers.list().map(\.label) == ["there"])
        }
    }
}
