import Domain
import Health
import Providers
import Resilience
import Testing

@Suite struct ReadinessRuleTests {
    /// What is known on a good day: two ways to pay, one to text, one to mail, all tried yesterday.
    private func good(at now: Instant) throws -> ReadinessFacts {
        let accounts = Accounts()
        func line(_ text: String) throws -> ReadinessFacts.Line {
            ReadinessFacts.Line(try accounts.stop(text), triedAt: now - .seconds(86_400))
        }
        return ReadinessFacts(
            ways: [
                .init(.payments, [try line("stripe"), try line("square")]),
                .init(.sms, [try line("twilio"), try line("outlook")]),
                .init(.email, [try line("sendgrid"), try line("google")]),
            ],
            quotas: [.init(integration: try name("twilio"), limit: "messages", reserved: 0, leftPart: 0.8)],
            waiting: 3
        )
    }

    /// The points of each part by a table made by hand.
    private func check(_ facts: ReadinessFacts, at time: String, _ table: String) throws -> Readiness {
        let day = try WeddingDay.garcia()
        let readiness = ReadinessRule.readiness(facts, of: day.wedding, at: try day.instant(time))
        for row in rows(table) {
            guard row[0] != "together" else {
                #expect("\(readiness.score)" == row[1])
                continue
            }
            let mark = try #require(readiness.marks.first { $0.part.rawValue == row[0] })
            #expect("\(mark.points)" == row[1], "\(mark)")
            #expect(mark.reason == row[2])
            #expect(mark.raise.count == (mark.points == mark.part.weight ? 0 : mark.raise.count))
            if mark.points < mark.part.weight { #expect(!mark.raise.isEmpty, "\(mark.part) says what to do") }
        }
        return readiness
    }

    @Test func `a week before, with everything in place, it is 100`() throws {
        let day = try WeddingDay.garcia()
        let facts = try good(at: day.instant("2026-06-13T09:00"))
        let readiness = try check(
            facts,
            at: "2026-06-13T09:00",
            """
            | part         | points | reason                                                  |
            |--------------|--------|---------------------------------------------------------|
            | health       | 25     | Everything works.                                       |
            | fallback     | 25     | Every route has a second way that was tried.            |
            | credentials  | 20     | Every credential holds beyond 2026-06-20.               |
            | quota        | 10     | Every limit reaches over 2026-06-20.                    |
            | backlog      | 10     | 3 deliveries wait, none is overdue.                     |
            | dead_letters | 10     | Nothing was given up.                                   |
            | together     | 100    |                                                         |
            """
        )
        #expect(readiness.marks.allSatisfy { $0.raise.isEmpty })
    }

    /// Payments and text messages count twice, mails once: five votes.
    @Test func `on the eve, with one way to text, an untried second and a short limit`() throws {
        let day = try WeddingDay.garcia()
        var facts = try good(at: day.instant("2026-06-19T09:00"))
        facts.ways[1].lines.removeLast()
        facts.ways[0].lines[1].triedAt = nil
        facts.ways[2].lines[1].triedAt = try day.instant("2026-05-20T08:59")
        facts.quotas[0].leftPart = 0.3
        facts.deadLetters = 1
        let readiness = try check(
            facts,
            at: "2026-06-19T09:00",
            """
            | part         | points | reason |
            |--------------|--------|--------|
            | health       | 25     | Everything works. |
            | fallback     | 7      | Square, which would take the payments, was never tried. Only Twilio takes text messages. Google Calendar, which would take the mails, was not tried for 30 days. |
            | credentials  | 20     | Every credential holds beyond 2026-06-20. |
            | quota        | 7      | Of messages of twilio only 30 % are left over by the end of 2026-06-20. |
            | backlog      | 10     | 3 deliveries wait, none is overdue. |
            | dead_letters | 5      | 1 delivery was given up. |
            | together     | 74     | |
            """
        )
        #expect(
            readiness.marks[1].raise == [
                "Try square: usher integrations test square",
                "Add a second integration for sms to the route: usher routes set sms",
                "Try google: usher integrations test google",
            ]
        )
    }

    @Test func `in the middle of an outage, on the day`() throws {
        let day = try WeddingDay.garcia()
        var facts = try good(at: day.instant("2026-06-20T15:19"))
        var accounts = Accounts(states: ["stripe": .down, "twilio": .unhealthy, "outlook": .down])
        facts.ways[0].lines[0].stop = try accounts.stop("stripe")
        facts.ways[1].lines[0].stop = try accounts.stop("twilio")
        facts.ways[1].lines[1].stop = try accounts.stop("outlook")
        facts.ways[2].isAutomatic = false
        // The day ends at four on the morning after.
        facts.ways[2].lines[0].credentialEndsAt = try day.instant("2026-06-21T04:00")
        facts.ways[2].lines[1].needsConsent = true
        accounts.states["fern"] = .degraded
        facts.accounts = [ReadinessFacts.Line(try accounts.stop("fern"))]
        facts.quotas[0] = .init(
            integration: try name("twilio"),
            limit: "messages",
            reserved: 40,
            leftPart: -1
        )
        facts.waiting = 30
        facts.overdue = 11
        facts.deadLetters = 3
        // health: (2 · 0.5 + 2 · 0.2 + 1 · 1 + 1 · 0.6) / 6 · 25 = 12.5; fallback: (2 · 1 + 2 · 0.25 + 1 · 0.25) / 5 · 25
        // = 13.75; credentials: five of seven · 20 = 14.29.
        _ = try check(
            facts,
            at: "2026-06-20T15:19",
            """
            | part         | points | reason |
            |--------------|--------|--------|
            | health       | 12     | Stripe is down, Square takes the payments. Twilio fails often. fern does worse than usual. |
            | fallback     | 13     | Outlook, which would take the text messages, is down. Mails go to Google Calendar only when somebody sends them there. |
            | credentials  | 14     | The credential of SendGrid ends on 2026-06-21, before the wedding is over. Google Calendar waits for a person's consent. |
            | quota        | 10     | Every limit reaches over 2026-06-20. |
            | backlog      | 0      | 11 of the 30 deliveries that wait for it are overdue. |
            | dead_letters | 0      | 3 deliveries were given up. |
            | together     | 49     | |
            """
        )
    }

    @Test func `an empty house is ready, and says why`() throws {
        let readiness = try check(
            ReadinessFacts(),
            at: "2026-01-01T00:00",
            """
            | part     | points | reason                                          |
            |----------|--------|-------------------------------------------------|
            | health   | 25     | No calls are made: there is no integration.     |
            | fallback | 25     | No calls are made that could go elsewhere.      |
            | quota    | 10     | No limit stands in the way.                     |
            | backlog  | 10     | Nothing waits.                                  |
            | together | 100    |                                                 |
            """
        )
        #expect(Readiness.Part.allCases.reduce(0) { $0 + $1.weight } == 100)
        #expect(readiness.marks.map(\.part) == Readiness.Part.allCases)
    }

    @Test(
        arguments: [
            (0.5, 10), (0.49, 7), (0.2, 7), (0.19, 4), (0.0, 4), (-0.01, 0), (nil, 7),
        ] as [(Double?, Int)]
    )
    func `what is left of a limit gives so many points`(left: Double?, points: Int) throws {
        var facts = ReadinessFacts()
        facts.quotas = [
            .init(integration: try name("twilio"), limit: "messages", reserved: 0, leftPart: left)
        ]
        let day = try WeddingDay.garcia()
        let readiness = ReadinessRule.readiness(
            facts,
            of: day.wedding,
            at: try day.instant("2026-06-13T09:00")
        )
        #expect(readiness.marks[3].points == points)
    }

    @Test func `calendars need no second one`() throws {
        let day = try WeddingDay.garcia()
        let facts = ReadinessFacts(ways: [.init(.calendar, [.init(try Accounts().stop("google"))])])
        let readiness = ReadinessRule.readiness(
            facts,
            of: day.wedding,
            at: try day.instant("2026-06-13T09:00")
        )
        #expect(readiness.score == 100)
    }
}
