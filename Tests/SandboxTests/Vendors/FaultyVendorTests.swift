import Domain
import Providers
import Resilience
import Sandbox
import Testing

/// Stripe behind faults, with a charge to send.
private struct Rig {
    var vendor = FaultyVendor(StripeVendor())
    var now = Instant(seconds: 1_812_790_800)
    var random = SeededRandom(seed: 7)

    func charge(_ key: String = "k1") -> VendorRequest {
        VendorRequest(
            method: "POST",
            path: "/v1/payment_intents",
            headers: Headers([
                ("authorization", "Bearer \(StripeVendor.secretKeyDefault)"), ("idempotency-key", key),
                ("content-type", "application/x-www-form-urlencoded"),
            ]),
            body: Array("amount=1250&currency=eur&payment_method=pm_card_visa&confirm=true".utf8)
        )
    }

    mutating func add(
        _ kind: VendorFault.Kind,
        share: Double = 1,
        path: String? = nil,
        lasting: Duration? = nil
    ) {
        let fault = VendorFault(
            kind,
            share: share,
            path: path,
            since: now,
            until: lasting.map { now + $0 }
        )
        #expect(vendor.add(fault) == true)
    }

    mutating func exchange(_ key: String = "k1") -> VendorExchange {
        vendor.exchange(charge(key), now: now, random: &random)
    }

    /// The status of an exchange that is an answer.
    mutating func status(_ key: String = "k1") -> Int? {
        guard case .answer(let answer, _) = exchange(key) else { return nil }
        return answer.status
    }

    var charges: Int { vendor.ledger.count }
}

struct FaultyVendorTests {
    @Test func `without faults the vendor answers at once, with its clock`() {
        var rig = Rig()
        guard case .answer(let answer, let delay) = rig.exchange() else {
            Issue.record("no answer")
            return
        }
        #expect(answer.status == 200)
        #expect(delay == .zero)
        #expect(answer.headers.first("date") == "Sat, 12 Jun 2027 09:00:00 GMT")
    }

    @Test(arguments: [
        (VendorFault.Kind.refuse, VendorExchange.refused), (.blackHole, .silence),
    ])
    func `what never reaches the vendor has no effect`(_ kind: VendorFault.Kind, _ expected: VendorExchange) {
        var rig = Rig()
        rig.add(kind)
        #expect(rig.exchange() == expected)
        #expect(rig.charges == 0)
    }

    @Test(arguments: [(VendorFault.Kind.failBefore(status: 503), 0), (.failAfter(status: 502), 1)])
    func `a 5xx comes before or after the effect`(_ kind: VendorFault.Kind, _ charges: Int) {
        var rig = Rig()
        rig.add(kind)
        #expect((rig.status() ?? 0) >= 500)
        #expect(rig.charges == charges)
        rig.vendor.clearFaults()
        #expect(rig.status() == 200)
        #expect(rig.charges == 1)
    }

    @Test func `a lost answer has had its effect`() {
        var rig = Rig()
        rig.add(.dropAnswer)
        rig.add(.slow(.seconds(2)))
        #expect(rig.exchange() == .dropped(after: .seconds(2)))
        #expect(rig.charges == 1)
    }

    @Test func `a late effect comes in its time, and once if it was repeated meanwhile`() {
        var rig = Rig()
        rig.add(.lateEffect(.seconds(30)))
        #expect(rig.exchange("a") == .dropped(after: .zero))
        #expect(rig.exchange("b") == .dropped(after: .zero))
        #expect(rig.charges == 0)
        rig.vendor.clearFaults()
        #expect(rig.status("a") == 200)
        #expect(rig.charges == 1)
        rig.now = rig.now + .seconds(30)
        rig.vendor.advance(now: rig.now, random: &rig.random)
        #expect(rig.charges == 2)
        #expect(rig.vendor.nextLate == nil)
    }

    @Test func `a stored failure is repeated for ever, whatever took effect`() {
        var rig = Rig()
        rig.add(.storedFailure(.init(status: 500, takesEffect: false)))
        #expect(rig.status() == 500)
        rig.vendor.clearFaults()
        #expect(rig.status() == 500)
        #expect(rig.charges == 0)
        #expect(rig.status("k2") == 200)
    }

    @Test func `a vendor that stores no failures just fails once`() {
        var vendor = FaultyVendor(SquareVendor())
        var random = SeededRandom(seed: 1)
        let now = Instant(seconds: 1_812_790_800)
        let fault = VendorFault(.storedFailure(.init(status: 500, takesEffect: true)), since: now)
        #expect(vendor.add(fault) == true)
        let request = VendorRequest(
            method: "POST",
            path: "/v2/payments",
            headers: Headers([
                ("authorization", "Bearer \(SquareVendor.accessTokenDefault)"),
                ("content-type", "application/json"),
            ]),
            body: Array(
                #"{"source_id":"cnon:ok","idempotency_key":"k","amount_money":{"amount":5,"currency":"EUR"}}"#
                    .utf8
            )
        )
        guard case .answer(let failed, _) = vendor.exchange(request, now: now, random: &random) else {
            Issue.record("no answer")
            return
        }
        #expect(failed.status == 500)
        vendor.clearFaults()
        guard case .answer(let repeated, _) = vendor.exchange(request, now: now, random: &random) else {
            Issue.record("no answer")
            return
        }
        #expect(repeated.status == 200)
        #expect(vendor.ledger.count == 1)
    }

    @Test(arguments: [
        (VendorFault.RetryAdvice.absent, nil), (.seconds(30), "30"),
        (.date(seconds: 30), "Sat, 12 Jun 2027 09:00:30 GMT"), (.garbage, "soon"),
    ])
    func `a storm is 429 with the advice that was ordered`(_ advice: VendorFault.RetryAdvice, _ text: String?)
    {
        var rig = Rig()
        rig.add(.storm(advice))
        guard case .answer(let answer, _) = rig.exchange() else {
            Issue.record("no answer")
            return
        }
        #expect(answer.status == 429)
        #expect(answer.headers.first("retry-after") == text)
        #expect(rig.charges == 0)
    }

    @Test func `creeping delay grows eightfold, delays add up`() {
        var rig = Rig()
        rig.add(.creep(first: .milliseconds(100), over: .seconds(600)))
        rig.add(.slow(.seconds(1)))
        var delays: [Duration] = []
        for wait in [0, 300, 300, 600] {
            rig.now = rig.now + .seconds(wait)
            guard case .answer(_, let delay) = rig.exchange("k\(wait)\(delays.count)") else { continue }
            delays.append(delay)
        }
        #expect(delays == [1_100, 1_450, 1_800, 1_800].map { .milliseconds($0) })
    }

    @Test func `a slow answer keeps its key in use`() {
        var rig = Rig()
        rig.add(.slow(.seconds(10)))
        #expect(rig.status() == 200)
        rig.vendor.clearFaults()
        #expect(rig.status() == 409)
        rig.now = rig.now + .seconds(10)
        #expect(rig.status() == 200)
    }

    @Test func `a skewed clock shows in dates and ends keys early`() {
        var rig = Rig()
        #expect(rig.status() == 200)
        rig.add(.clockSkew(.seconds(86_400)))
        guard case .answer(let answer, _) = rig.exchange() else {
            Issue.record("no answer")
            return
        }
        #expect(answer.headers.first("date") == "Sun, 13 Jun 2027 09:00:00 GMT")
        #expect(rig.charges == 2)
    }

    @Test func `half a limit is half a limit, and new things hide`() {
        var rig = Rig()
        rig.add(.halveLimit)
        let statuses = (0..<13).map { rig.status("k\($0)") }
        #expect(statuses == Array(repeating: 200, count: 12) + [429])
        rig.add(.hideNew(.seconds(60)))
        let id = rig.vendor.ledger[0].id
        var request = rig.charge()
        request = VendorRequest(method: "GET", path: "/v1/payment_intents/\(id)", headers: request.headers)
        guard case .answer(let answer, _) = rig.vendor.exchange(request, now: rig.now, random: &rig.random)
        else {
            Issue.record("no answer")
            return
        }
        #expect(answer.status == 404)
    }

    @Test func `a limit can be scaled, up and down`() {
        var rig = Rig()
        rig.add(.scaleLimit(2))
        let statuses = (0..<51).map { rig.status("k\($0)") }
        #expect(statuses == Array(repeating: 200, count: 50) + [429])
        rig.add(.scaleLimit(0.000_1))
        #expect(rig.vendor.faults.last?.kind == .scaleLimit(0.01))
    }

    @Test func `who goes over the limit of a punishing vendor is shut out`() {
        var rig = Rig()
        rig.add(.punish(.seconds(2)))
        let statuses = (0..<26).map { rig.status("k\($0)") }
        #expect(statuses == Array(repeating: 200, count: 25) + [429])
        rig.now = rig.now + .milliseconds(1_900)
        #expect(rig.status("k26") == 429)
        rig.now = rig.now + .milliseconds(100)
        #expect(rig.status("k26") == 200)
    }

    @Test func `traffic tells what came and what became of it, with numbers that go on`() {
        var rig = Rig()
        _ = rig.exchange("a")
        rig.add(.refuse)
        _ = rig.exchange("b")
        let entries = rig.vendor.traffic.entries
        #expect(entries.map(\.status) == [200, nil])
        #expect(entries.map(\.fate) == [.answered, .refused])
        var traffic = VendorTraffic()
        for _ in 0...VendorTraffic.entriesMax { traffic.record(rig.charge(), .refused, at: rig.now) }
        #expect(traffic.count == VendorTraffic.entriesMax + 1)
        #expect(traffic.entries.count == VendorTraffic.entriesMax * 3 / 4 + 1)
        let json = traffic.json(from: VendorTraffic.entriesMax, limit: 10)
        #expect(json["first"]?.int64 == Int64(VendorTraffic.entriesMax))
        #expect(json["requests"]?.array?.count == 1)
        #expect(json.pointer("/requests/0/4")?.string == "refused")
    }

    @Test func `a fault befalls its share, its path and its time only`() {
        var rig = Rig()
        rig.add(.refuse, share: 0.3, lasting: .seconds(1_000))
        rig.add(.blackHole, path: "/v1/refunds")
        var refused = 0
        for number in 0..<500 {
            rig.now = rig.now + .seconds(1)
            if rig.exchange("k\(number)") == .refused { refused += 1 }
        }
        #expect((110...190).contains(refused), "\(refused)")
        rig.now = rig.now + .seconds(1_000)
        let after = (0..<20).map { rig.status("after \($0)") }
        #expect(after == Array(repeating: 200, count: 20))
        #expect(rig.vendor.faults.count == 1)
    }

    @Test func `the same seed gives the same exchanges`() {
        let run = { () -> [VendorExchange] in
            var rig = Rig()
            rig.add(.refuse, share: 0.5)
            rig.add(.failAfter(status: 500), share: 0.5)
            return (0..<20).map { rig.exchange("k\($0)") }
        }
        #expect(run() == run())
    }

    @Test func `faults are bounded, and a reset forgets all`() {
        var rig = Rig()
        for _ in 0..<FaultyVendor.faultsMax { rig.add(.slow(.zero)) }
        #expect(rig.vendor.add(VendorFault(.refuse, since: rig.now)) == false)
        #expect(rig.status() == 200)
        rig.vendor.reset()
        #expect(rig.vendor.faults.isEmpty)
        #expect(rig.charges == 0)
    }

    @Test func `late effects are bounded by refused connections`() {
        var rig = Rig()
        rig.add(.lateEffect(.seconds(1)))
        for number in 0..<FaultyVendor.lateMax {
            #expect(rig.exchange("k\(number)") == .dropped(after: .zero))
        }
        #expect(rig.exchange("one more") == .refused)
    }
}

struct VendorFaultFormTests {
    @Test(arguments: [
        #"{"kind":"refuse"}"#, #"{"kind":"black_hole","share":0.25}"#,
        #"{"kind":"fail_before","status":502}"#,
        #"{"kind":"fail_after"}"#, #"{"kind":"stored_failure","takes_effect":false}"#,
        #"{"kind":"slow","delay_ms":1500,"method":"POST","path":"/v1"}"#,
        #"{"kind":"creep","delay_ms":100,"over_seconds":60}"#,
        #"{"kind":"storm","retry_after":"date","retry_seconds":5}"#,
        #"{"kind":"drop_answer","for_seconds":9}"#,
        #"{"kind":"late_effect","delay_ms":30000}"#, #"{"kind":"hide_new","delay_ms":1}"#,
        #"{"kind":"clock_skew","delay_ms":-3600000}"#, #"{"kind":"halve_limit"}"#,
    ])
    func `what is shown of a fault says what was ordered`(_ text: String) throws {
        let ordered = try JSONParser.parse(Array(text.utf8))
        let shown = try VendorFault(json: ordered, now: Instant(seconds: 100)).json
        for member in try #require(ordered.object) where member.name != "for_seconds" {
            #expect(
                shown[member.name] == member.value || shown[member.name]?.double == member.value.double,
                "\(member.name)"
            )
        }
        if let seconds = ordered["for_seconds"]?.int64 {
            #expect(shown["until"]?.string == "\(Instant(seconds: 100 + seconds))")
        }
    }

    @Test(arguments: [
        "[]", "{}", #"{"kind":"storms"}"#, #"{"kind":"slow"}"#, #"{"kind":"refuse","share":2}"#,
        #"{"kind":"fail_before","status":404}"#, #"{"kind":"refuse","color":"red"}"#,
        #"{"kind":"storm","retry_after":"later"}"#, #"{"kind":"slow","delay_ms":-1}"#,
    ])
    func `what is no fault is refused with a reason`(_ text: String) throws {
        let json = try JSONParser.parse(Array(text.utf8))
        #expect(throws: VendorFaultError.self) { try VendorFault(json: json, now: Instant(seconds: 0)) }
    }
}

struct VendorLimiterTests {
    @Test func `a window starts anew at its end, for everyone`() {
        var limiter = VendorLimiter(.fixedWindow(count: 2, length: .seconds(60)))
        let start = Instant(seconds: 600)
        #expect(limiter.take(now: start) == .within(remaining: 1))
        #expect(limiter.take(now: start) == .within(remaining: 0))
        #expect(limiter.take(now: start + .seconds(50)) == .over(wait: .seconds(10)))
        #expect(limiter.take(now: start + .seconds(60)) == .within(remaining: 1))
    }

    @Test func `a rate tells what is left and how long to wait`() {
        var limiter = VendorLimiter(.tokenBucket(ratePerSecond: 2, burst: 2))
        let start = Instant(seconds: 600)
        #expect(limiter.take(now: start) == .within(remaining: 1))
        #expect(limiter.take(now: start) == .within(remaining: 0))
        #expect(limiter.take(now: start) == .over(wait: .milliseconds(500)))
        #expect(limiter.take(now: start + .milliseconds(500)).isWithin == true)
    }

    @Test func `a share of a limit is granted from the next request on`() {
        var limiter = VendorLimiter(.fixedWindow(count: 10, length: .seconds(60)))
        let start = Instant(seconds: 600)
        let granted = (0..<10).filter { _ in limiter.take(now: start, share: 0.5).isWithin }.count
        #expect(granted == 5)
    }
}

struct VendorPostTests {
    @Test func `a webhook is tried again after the vendor's pauses, and then given up`() {
        let settings = VendorSettings(
            webhookURL: "http://app/hooks",
            webhookKeys: SigningKeys([Secret("whsec_0123456789abcdef")])
        )
        var rig = Rig(vendor: FaultyVendor(StripeVendor(settings: settings)))
        var post = VendorPost()
        #expect(rig.status() == 200)
        let first = post.take(from: &rig.vendor, now: rig.now)
        #expect(first.count == 3)
        for shipment in first {
            post.answered(shipment, status: 500, vendor: &rig.vendor, now: rig.now)
        }
        #expect(post.take(from: &rig.vendor, now: rig.now).isEmpty)
        rig.now = rig.now + .seconds(60)
        let second = post.take(from: &rig.vendor, now: rig.now)
        #expect(second.map(\.webhook.id) == first.map(\.webhook.id))
        #expect(second[0].webhook.headers != first[0].webhook.headers)
        post.answered(second[0], status: 204, vendor: &rig.vendor, now: rig.now)
        post.answered(second[1], status: nil, vendor: &rig.vendor, now: rig.now)
        rig.now = rig.now + .seconds(3_600)
        let third = post.take(from: &rig.vendor, now: rig.now)
        #expect(third.map(\.webhook.id) == [second[1].webhook.id])
        post.answered(third[0], status: 500, vendor: &rig.vendor, now: rig.now)
        rig.now = rig.now + .seconds(86_400)
        #expect(post.take(from: &rig.vendor, now: rig.now).isEmpty)
    }

    @Test func `no more than 64 are on their way at a time`() {
        let settings = VendorSettings(
            webhookURL: "http://app/hooks",
            webhookKeys: SigningKeys([Secret("whsec_0123456789abcdef")])
        )
        var rig = Rig(vendor: FaultyVendor(StripeVendor(settings: settings)))
        var post = VendorPost()
        for number in 0..<25 { #expect(rig.status("k\(number)") == 200) }
        let first = post.take(from: &rig.vendor, now: rig.now)
        #expect(first.count == VendorPost.onTheirWayMax)
        #expect(post.take(from: &rig.vendor, now: rig.now).isEmpty)
        for shipment in first { post.answered(shipment, status: 200, vendor: &rig.vendor, now: rig.now) }
        #expect(post.take(from: &rig.vendor, now: rig.now).count == 11)
    }
}
