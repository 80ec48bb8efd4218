import Domain
import Foundation
import Providers
import Sandbox
import Signatures
import Testing
import UsherTesting

@Suite struct DemonstrationWeddingsTests {
    private let zones = ZoneDirectory { name in
        TimeZone(identifier: name).map { zone in
            ZoneRules(name: name) {
                zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0.seconds)))
            }
        }
    }

    @Test(arguments: 0..<24)
    func `it is the middle of today's wedding's day, and its next item is near`(hour: Int64) throws {
        // 2026-11-23 and 2027-06-23: both halves of the year.
        for midnight in [1_795_392_000, 1_813_708_800] as [Int64] {
            let now = Instant(seconds: midnight + hour * 3_600 + 1_799)
            let weddings = DemonstrationWeddings(now: now, zones: zones)
            let local = try #require(zones(weddings.zone)).local(now)
            let second = local.secondsSinceEpoch % 86_400
            #expect((10 * 3_600...16 * 3_600).contains(second), "\(now) \(weddings.zone)")
            let today = try #require(weddings.document.pointer("/weddings/0"))
            #expect(today["date"]?.string == "\(local.date)")
            #expect(today["zone"]?.string == weddings.zone)
            #expect(weddings.ceremony > now + .seconds(2_400) - .seconds(1))
            #expect(weddings.ceremony <= now + .seconds(2_700))
            let next = weddings.document.pointer("/weddings/1")
            #expect(next?["date"]?.string == "\(local.date.adding(days: 7))")
        }
    }

    @Test func `every couple and vendor of the samples is there, with objects of three providers`() {
        let weddings = DemonstrationWeddings(now: Instant(seconds: 1_800_000_000), zones: zones)
        #expect(weddings.document["weddings"]?.array?.count == SampleCast.couples.count)
        #expect(weddings.document["vendors"]?.array?.count == SampleCast.suppliers.count)
        let ids = weddings.references.compactMap { $0.body["object_id"]?.string }
        #expect(ids.count == 3 * SampleCast.couples.count * SampleCast.suppliers.count)
        #expect(Set(ids).count == ids.count)
    }

    @Test func `without any zone it is UTC`() {
        let weddings = DemonstrationWeddings(
            now: Instant(seconds: 1_800_000_000),
            zones: ZoneDirectory { _ in nil }
        )
        #expect(weddings.zone == "UTC")
    }
}

@Suite struct SandboxHandshakeTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let secret = Secret("whsec_0123456789abcdef")

    private func content(_ settings: WebhookSettings, _ keys: SigningKeys) throws -> WebhookContent {
        let dialect = WebhookDialect(settings)
        let made = SandboxHandshake.event(of: dialect.provider, now: now, random: .seeded(3))
        let event = try #require(made)
        let sent = dialect.request(sending: event, to: "https://x.example", keys: keys, now: now)
        return try dialect.read(try #require(sent), secret: keys.secrets.first)
    }

    @Test func `Zoom, Google and SNS ask as they do`() throws {
        let keys = SigningKeys([secret])
        guard case .answer(let answer, .zoomURLValidation) = try content(.zoom(ZoomSettings()), keys) else {
            Issue.record("Zoom's question is answered")
            return
        }
        #expect(answer.status == 200)
        let google = try content(.googleCalendar(GoogleCalendarSettings()), keys)
        #expect(google == .answer(.noContent, .googleSync))
        let authority = try SandboxAuthority(now: now, random: .seeded(1))
        let sns = try content(
            .awsSNS(SNSSettings(topics: [SandboxHandshake.topic])),
            try #require(authority.keys(of: .awsSNS))
        )
        let url = SandboxHandshake.subscribeURL
        #expect(sns == .confirmation(url: url, .noContent, .snsSubscription))
    }

    @Test func `the others ask nothing that is signed`() {
        let asking: Set<ProviderName> = [.zoom, .googleCalendar, .awsSNS]
        for provider in ProviderName.allCases where !asking.contains(provider) {
            #expect(SandboxHandshake.event(of: provider, now: now, random: .seeded(3)) == nil)
        }
    }
}

@Suite struct SampleTrafficTests {
    @Test func `sources take turns, and one without a webhook is passed over`() async throws {
        let clock = ManualTime()
        let (seen, record) = AsyncStream.makeStream(of: String.self)
        let makers: [@Sendable () -> SampleShipment?] = ["a", "", "b"].map { name in
            {
                let request = WebhookRequest(url: "http://h/", headers: Headers(), body: [])
                return name.isEmpty ? nil : SampleShipment(source: name, id: "1", type: "t", request: request)
            }
        }
        let traffic = SampleTraffic(
            every: .seconds(3),
            time: clock.time,
            makers: makers,
            send: { _ in 200 },
            observe: { shipment, status in record.yield("\(shipment.source) \(status ?? 0)") }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await traffic.run() }
            for _ in 0..<5 {
                await clock.waitForSleepers(1)
                clock.advance(by: .seconds(3))
            }
            await clock.waitForSleepers(1)
            group.cancelAll()
            try await group.waitForAll()
        }
        record.finish()
        var sources: [String] = []
        for await source in seen { sources.append(source) }
        #expect(sources == ["a 200", "b 200", "a 200"])
    }
}
