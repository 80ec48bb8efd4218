import Domain
import Health
import Providers
import Resilience
import Testing

@Suite struct ImpactRuleTests {
    /// Expectations made by hand; `-` is nothing, `none` is a wedding that is left out.
    private func check(_ day: WeddingDay, _ table: String) throws {
        let found = rows(table)
        #expect(!found.isEmpty)
        for row in found {
            let (at, trouble, level, fallback, next, minutes) = (
                row[0], row[1], row[2], row[3], row[4], row[5]
            )
            let words = trouble.split(separator: " ").map(String.init)
            let accounts = Accounts(states: [
                words[0]: try #require(IntegrationHealth.State(rawValue: words[1]))
            ])
            let impacts = try accounts.impacts(of: words[0], on: [day.wedding], at: try day.instant(at))
            let place = Comment(rawValue: "\(at) \(trouble)")
            guard level != "none" else {
                #expect(impacts.isEmpty, place)
                continue
            }
            try #require(impacts.count == 1, place)
            let impact = impacts[0]
            #expect(impact.level.rawValue == level, place)
            #expect(impact.fallback?.text ?? "-" == fallback, place)
            #expect(impact.nextItem?.name ?? "-" == next, place)
            #expect(impact.untilNext.map { "\($0.components.seconds / 60)" } ?? "-" == minutes, place)
        }
    }

    @Test func `a day in Berlin: what trouble means from the week before to the morning after`() throws {
        try check(
            .garcia(),
            """
            | at               | trouble          | level    | fallback | next        | minutes |
            |------------------|------------------|----------|----------|-------------|---------|
            | 2026-06-12T12:00 | twilio down      | low      | -        | Ceremony    | 11640   |
            | 2026-06-12T12:00 | twilio degraded  | none     | -        | Ceremony    | 11640   |
            | 2026-06-13T00:00 | twilio down      | medium   | -        | Ceremony    | 10920   |
            | 2026-06-19T09:00 | twilio down      | high     | -        | Ceremony    | 1740    |
            | 2026-06-19T09:00 | twilio unhealthy | medium   | -        | Ceremony    | 1740    |
            | 2026-06-20T08:00 | twilio unhealthy | high     | -        | Ceremony    | 360     |
            | 2026-06-20T12:59 | twilio unhealthy | high     | -        | Ceremony    | 61      |
            | 2026-06-20T13:00 | twilio unhealthy | critical | -        | Ceremony    | 60      |
            | 2026-06-20T15:19 | stripe down      | medium   | square   | Cake        | 41      |
            | 2026-06-20T15:19 | stripe degraded  | low      | square   | Cake        | 41      |
            | 2026-06-20T15:19 | square down      | low      | stripe   | Cake        | 41      |
            | 2026-06-20T15:19 | square degraded  | none     | stripe   | Cake        | 41      |
            | 2026-06-12T15:19 | square down      | none     | stripe   | Ceremony    | 0       |
            | 2026-06-20T15:19 | sendgrid down    | high     | -        | Cake        | 41      |
            | 2026-06-20T10:00 | google down      | high     | -        | Ceremony    | 240     |
            | 2026-06-20T10:00 | outlook down     | low      | google   | Ceremony    | 240     |
            | 2026-06-20T16:00 | twilio down      | critical | -        | First dance | 180     |
            | 2026-06-20T19:30 | twilio degraded  | medium   | -        | -           | -       |
            | 2026-06-21T03:59 | twilio down      | critical | -        | -           | -       |
            | 2026-06-21T04:00 | twilio down      | low      | -        | -           | -       |
            | 2026-06-20T15:19 | twilio healthy   | none     | -        | Cake        | 41      |
            | 2026-06-20T15:19 | twilio unknown   | none     | -        | Cake        | 41      |
            """
        )
    }

    @Test func `a night in which clocks are set back is an hour longer`() throws {
        try check(
            .autumn(),
            """
            | at                   | trouble     | level    | fallback | next       | minutes |
            |----------------------|-------------|----------|----------|------------|---------|
            | 2026-10-31T16:30     | twilio down | critical | -        | Vows       | 30      |
            | 2026-11-01T05:00:00Z | twilio down | critical | -        | Toast      | 30      |
            | 2026-11-01T05:40:00Z | twilio down | critical | -        | Last dance | 50      |
            | 2026-11-01T08:59:00Z | twilio down | critical | -        | Brunch     | 421     |
            | 2026-11-01T09:00:00Z | twilio down | low      | -        | Brunch     | 420     |
            | 2026-11-01T10:30     | twilio down | medium   | -        | Brunch     | 30      |
            """
        )
    }

    @Test func `one instant is another day at each end of the calendar`() throws {
        let table = """
            | at                   | Apia     | Honolulu |
            |----------------------|----------|----------|
            | 2026-11-27T09:59:00Z | low      | low      |
            | 2026-11-27T11:00:00Z | medium   | low      |
            | 2026-12-03T11:00:00Z | high     | medium   |
            | 2026-12-04T10:59:00Z | high     | high     |
            | 2026-12-04T11:00:00Z | critical | high     |
            | 2026-12-05T09:59:00Z | critical | high     |
            | 2026-12-05T10:00:00Z | critical | critical |
            | 2026-12-05T15:00:00Z | low      | critical |
            | 2026-12-06T14:00:00Z | low      | low      |
            """
        let weddings = try [WeddingDay.apia().wedding, WeddingDay.honolulu().wedding]
        let accounts = Accounts(states: ["twilio": .down])
        for row in rows(table) {
            let impacts = try accounts.impacts(of: "twilio", on: weddings, at: try #require(Instant(row[0])))
            let levels = Dictionary(
                uniqueKeysWithValues: impacts.map { ($0.wedding.text, $0.level.rawValue) }
            )
            #expect(levels["w-apia"] == row[1], "\(row[0]) in Apia")
            #expect(levels["w-honolulu"] == row[2], "\(row[0]) in Honolulu")
        }
    }

    @Test func `the level of every phase, nearness and state is the documented one`() throws {
        let table = """
            | phase     | near | degraded | unhealthy | down     |
            |-----------|------|----------|-----------|----------|
            | planning  | no   | none     | low       | low      |
            | planning  | yes  | low      | medium    | medium   |
            | finalWeek | no   | low      | medium    | medium   |
            | finalWeek | yes  | medium   | high      | high     |
            | eve       | no   | low      | medium    | high     |
            | eve       | yes  | medium   | high      | critical |
            | day       | no   | medium   | high      | critical |
            | day       | yes  | high     | critical  | critical |
            | after     | no   | none     | low       | low      |
            | after     | yes  | low      | medium    | medium   |
            """
        let now = Instant(seconds: 1_800_000_000)
        var count = 0
        for row in rows(table) {
            let phase = try #require(Phase(rawValue: row[0]))
            let moment = WeddingMoment(
                now: now,
                phase: phase,
                nextStart: row[1] == "yes" ? now + .seconds(3_600) : now + .seconds(3_601)
            )
            for (state, text) in zip([IntegrationHealth.State.degraded, .unhealthy, .down], row[2...]) {
                let level = try #require(ImpactLevel(rawValue: text))
                let comment: Comment = "\(phase) \(row[1]) \(state)"
                #expect(ImpactRule.level(state, moment, .none, .payments) == level, comment)
                // What is not vital weighs one less, and never less than nothing.
                let weight = ImpactLevel.allCases.firstIndex(of: level) ?? 0
                let lower = ImpactLevel.allCases[max(weight - 1, 0)]
                #expect(ImpactRule.level(state, moment, .none, .email) == lower, comment)
                count += 1
            }
        }
        #expect(count == Phase.allCases.count * 2 * 3)
    }

    @Test func `reasons are told in a planner's words, in the wedding's own time`() throws {
        let day = try WeddingDay.garcia()
        let table = """
            | at               | trouble         | reason |
            |------------------|-----------------|--------|
            | 2026-06-20T15:19 | stripe down     | Payments go through Square: Stripe is down. Next at Garcia wedding: Cake at 16:00, in 41 min. |
            | 2026-06-20T08:00 | twilio down     | Text messages fail: Twilio is down, and nothing stands in. Next at Garcia wedding: Ceremony at 14:00, in 6 h. |
            | 2026-06-20T15:19 | twilio degraded | Text messages are slow or fail at times: Twilio does worse than usual, and nothing stands in. Next at Garcia wedding: Cake at 16:00, in 41 min. |
            | 2026-06-20T15:19 | square down     | Payments go through Stripe as always, but Square, next in line, is down. Next at Garcia wedding: Cake at 16:00, in 41 min. |
            | 2026-06-18T15:00 | google down     | Google Calendar is down, and calendar entries stay with it until somebody sends them to Outlook. Next at Garcia wedding: Ceremony on 2026-06-20 at 14:00, in 2 days. |
            | 2026-06-20T22:00 | twilio down     | Text messages fail: Twilio is down, and nothing stands in. Nothing is left on the timeline of Garcia wedding. |
            """
        for row in rows(table) {
            let words = row[1].split(separator: " ").map(String.init)
            let accounts = Accounts(states: [
                words[0]: try #require(IntegrationHealth.State(rawValue: words[1]))
            ])
            let impacts = try accounts.impacts(of: words[0], on: [day.wedding], at: try day.instant(row[0]))
            #expect(impacts.first?.reason == row[2])
        }
    }

    @Test func `a time that clocks show twice is told apart`() throws {
        let day = try WeddingDay.autumn()
        func reason(_ text: String) throws -> String {
            let accounts = Accounts(states: ["twilio": .down])
            return try accounts.impacts(of: "twilio", on: [day.wedding], at: try day.instant(text)).first?
                .reason
                ?? ""
        }
        #expect(try reason("2026-11-01T05:00:00Z").hasSuffix("Toast at 01:30, the first time, in 30 min."))
        #expect(
            try reason("2026-11-01T05:40:00Z").hasSuffix("Last dance at 01:30, the second time, in 50 min.")
        )
    }

    @Test func `a vendor's own account concerns its weddings alone, and nothing stands in for it`() throws {
        let weddings = try [WeddingDay.garcia().wedding, WeddingDay.autumn().wedding]
        let scene = ImpactScene(
            title: "Square",
            vendor: try name("fern"),
            capabilities: [.payments],
            routes: try Accounts().routes(),
            weddings: weddings
        )
        let now = try WeddingDay.garcia().instant("2026-06-20T15:19")
        let impacts = ImpactRule.impacts(of: .integration(try name("square-fern")), .down, in: scene, at: now)
        #expect(impacts.map(\.wedding.text) == ["w-garcia"])
        #expect(impacts.map(\.level) == [.critical])
    }

    @Test func `when the second of a route fails too, the third stands in, or nothing does`() throws {
        let wedding = try WeddingDay.garcia()
        let now = try wedding.instant("2026-06-20T15:19")
        var accounts = Accounts(states: ["stripe": .down, "square": .down])
        #expect(
            try accounts.impacts(of: "stripe", on: [wedding.wedding], at: now).map(\.level) == [.critical]
        )
        #expect(
            try accounts.impacts(of: "square", on: [wedding.wedding], at: now).map(\.level) == [.critical]
        )
        accounts.states["square"] = .degraded
        #expect(try accounts.impacts(of: "stripe", on: [wedding.wedding], at: now).map(\.level) == [.medium])
    }

    @Test func `a destination that is down makes webhooks late for every wedding`() throws {
        let weddings = try [WeddingDay.garcia().wedding]
        let scene = ImpactScene(title: "the destination app", weddings: weddings)
        let now = try WeddingDay.garcia().instant("2026-06-20T08:00")
        let impacts = ImpactRule.impacts(of: .destination(try name("app")), .down, in: scene, at: now)
        #expect(impacts.map(\.level) == [.critical])
        #expect(impacts.first?.capability == nil)
        #expect(impacts.first?.reason.hasPrefix("The destination app is down: webhooks come late.") == true)
    }

    @Test func `the worst and soonest are kept of more weddings than fit`() throws {
        var weddings = try (0..<ImpactRule.impactsMax + 50).map { index in
            try WeddingDay("w-\(index)", title: "W", date: "2026-06-27", zone: "Europe/Berlin").wedding
        }
        weddings.append(try WeddingDay.garcia().wedding)
        let accounts = Accounts(states: ["twilio": .down])
        let now = try WeddingDay.garcia().instant("2026-06-20T15:19")
        let impacts = try accounts.impacts(of: "twilio", on: weddings, at: now)
        #expect(impacts.count == ImpactRule.impactsMax)
        #expect(impacts.first?.wedding.text == "w-garcia")
        #expect(impacts.map(\.level) == impacts.map(\.level).sorted(by: >))
    }
}
