import Domain
import Providers
import Resilience
import Testing

@Suite struct ZoomCallsTests {
    private typealias Fixture = MessagingFixture
    private let dialect = ZoomCalls()
    private let input: JSONValue = [
        "topic": "Rehearsal", "start": ["at": "2027-06-11T10:00:00", "zone": "Europe/Madrid"], "minutes": 45,
        "agenda": "Order of the day",
    ]

    private func request(
        _ operation: Providers.Operation,
        _ json: JSONValue = [:],
        of target: String? = nil
    ) throws -> ProviderRequest {
        let call = try Fixture.call(operation, json, of: target)
        try dialect.check(call)
        return try dialect.next(call, Fixture.zoom, progress: .null, now: Fixture.now)
    }

    private func read(
        _ answer: ProviderAnswer,
        _ operation: Providers.Operation,
        _ json: JSONValue = [:],
        of target: String? = nil
    ) throws -> CallVerdict {
        dialect.read(answer, try Fixture.call(operation, json, of: target), Fixture.zoom, progress: .null)
    }

    private var meeting: JSONValue {
        [
            "id": 85_746_065_432, "uuid": "abc==", "topic": "Rehearsal", "start_time": "2027-06-11T08:00:00Z",
            "duration": 45, "join_url": "https://us05web.zoom.us/j/85746065432", "password": "pass42",
            "agenda": .string("usher:\(Fixture.tag)\nOrder of the day"),
        ]
    }

    @Test func `makes a meeting for the integration's host with the tag first in the agenda`() throws {
        let request = try request(.videoCreate, input)
        #expect(request.method == "POST")
        #expect(request.url == "https://api.zoom.us/v2/users/planner%40example.com/meetings")
        #expect(request.field("authorization") == "Bearer access-token")
        #expect(request.effect == .takesEffect)
        #expect(
            request.text == """
                {"topic":"Rehearsal","type":2,"start_time":"2027-06-11T10:00:00","timezone":"Europe/Madrid",\
                "duration":45,"agenda":"usher:\(Fixture.tag)\\nOrder of the day"}
                """
        )
    }

    @Test func `makes it for the host that the call names`() throws {
        guard var members = input.object else { return }
        members.append(JSONMember("host", "dj/1"))
        let request = try request(.videoCreate, .object(members))
        #expect(request.url == "https://api.zoom.us/v2/users/dj%2F1/meetings")
    }

    @Test func `changes only what is given`() throws {
        let request = try request(.videoUpdate, ["topic": "New"], of: "85746065432")
        #expect(request.method == "PATCH")
        #expect(request.url == "https://api.zoom.us/v2/meetings/85746065432")
        #expect(request.text == #"{"topic":"New"}"#)
        let agenda = try self.request(.videoUpdate, ["agenda": "Other"], of: "85746065432")
        #expect(agenda.text == "{\"agenda\":\"usher:\(Fixture.tag)\\nOther\"}")
    }

    @Test func `cancels and reads by id`() throws {
        let cancel = try request(.videoCancel, of: "85746065432")
        #expect(cancel.method == "DELETE")
        #expect(cancel.effect == .takesEffect)
        #expect(cancel.url == "https://api.zoom.us/v2/meetings/85746065432")
        let get = try request(.videoGet, of: "85746065432")
        #expect(get.method == "GET")
        #expect(get.effect == .none)
        #expect(dialect.probe(Fixture.zoom, now: Fixture.now).url.hasSuffix("/users/planner%40example.com"))
    }

    @Test(arguments: ["", "12/../users", "a", "123456789012345678901", nil])
    func `takes only a number as the target`(target: String?) throws {
        let call = try Fixture.call(.videoGet, of: target)
        #expect(throws: CallInputError.self) { try dialect.check(call) }
    }

    @Test func `reads the meeting that was made`() throws {
        let outcome = try #require(try read(Fixture.answer(201, meeting), .videoCreate, input).outcome)
        #expect(outcome.reference == "85746065432")
        #expect(outcome.external?.description == "zoom:meeting:85746065432")
        #expect(
            outcome.reply == [
                "status": "scheduled", "id": "85746065432",
                "join_url": "https://us05web.zoom.us/j/85746065432",
                "password": "pass42", "topic": "Rehearsal", "start": "2027-06-11T08:00:00Z", "minutes": 45,
            ]
        )
        #expect(try read(Fixture.answer(201), .videoCreate, input).word == "inDoubt")
        #expect(try read(Fixture.answer(200), .videoGet, of: "1").word == "notApplied")
    }

    @Test func `a meeting that is gone is cancelled`() throws {
        let gone = Fixture.answer(404, ["code": 3001, "message": "Meeting does not exist: 1."])
        #expect(try read(gone, .videoCancel, of: "1").outcome?.reply["status"] == "cancelled")
        #expect(try read(Fixture.answer(204), .videoCancel, of: "1").outcome?.reply["status"] == "cancelled")
        #expect(try read(Fixture.answer(204), .videoUpdate, ["topic": "N"], of: "1").word == "succeeded")
        #expect(try read(gone, .videoUpdate, ["topic": "N"], of: "1").failure?.kind == .notFound)
        #expect(try read(gone, .videoGet, of: "1").failure?.kind == .notFound)
        let noUser = Fixture.answer(404, ["code": 1001, "message": "User does not exist"])
        #expect(try read(noUser, .videoCancel, of: "1").failure?.kind == .notFound)
    }

    @Test(arguments: [
        (400, 300, "notApplied", ProviderFailure.Kind.rejected), (401, 124, "notApplied", .unauthorized),
        (401, 200, "notApplied", .unauthorized), (403, 4711, "notApplied", .unauthorized),
        (404, 1001, "notApplied", .notFound), (429, 200, "notApplied", .limited),
        (429, 429, "notApplied", .limited),
        (500, 500, "inDoubt", .unavailable), (503, 0, "inDoubt", .unavailable),
    ])
    func `lets the status decide, not the code`(
        status: Int,
        code: Int,
        word: String,
        kind: ProviderFailure.Kind
    ) throws {
        let answer = Fixture.answer(status, ["code": .integer(code), "message": "no"])
        let verdict = try read(answer, .videoCreate, input)
        #expect(verdict.word == word)
        #expect(verdict.failure?.kind == kind)
        #expect(verdict.failure?.code == "\(code)")
        #expect(try read(answer, .videoGet, of: "1").word == "notApplied")
    }

    @Test func `tells which field was wrong`() throws {
        let answer = Fixture.answer(
            400,
            [
                "code": 300, "message": "Validation Failed.",
                "errors": [["field": "topic", "message": "too long"]],
            ]
        )
        #expect(try read(answer, .videoCreate, input).failure?.message == "too long")
    }

    @Test func `reads the daily limit's instant and the seconds of others`() throws {
        let daily = Fixture.answer(
            429,
            ["code": 429],
            headers: [
                ("x-ratelimit-category", "Medium"), ("x-ratelimit-type", "Daily-limit"),
                ("retry-after", "2027-06-13T00:00:00Z"),
            ]
        )
        #expect(try read(daily, .videoCreate, input).failure?.wait == .seconds(14 * 3_600))
        #expect(dialect.limits(in: daily) == [.refused(limit: "daily", wait: .seconds(14 * 3_600))])
        let rate = Fixture.answer(
            429,
            headers: [("x-ratelimit-category", "Light"), ("x-ratelimit-type", "QPS"), ("retry-after", "2")]
        )
        #expect(dialect.limits(in: rate) == [.refused(limit: "light", wait: .seconds(2))])
        let left = Fixture.answer(
            200,
            headers: [
                ("x-ratelimit-category", "Medium"), ("x-ratelimit-type", "QPS"),
                ("x-ratelimit-remaining", "3"),
                ("x-ratelimit-reset", "\(Fixture.now.seconds + 1)"),
            ]
        )
        #expect(dialect.limits(in: left) == [.remaining(limit: "medium", count: 3, resetIn: .seconds(1))])
        #expect(dialect.limits(in: Fixture.answer(200)).isEmpty)
    }

    private func settle(
        _ operation: Providers.Operation,
        _ json: JSONValue,
        age: Duration,
        round: Int
    ) throws -> SettleStep {
        dialect.settle(
            try Fixture.call(operation, json, of: "1"),
            Fixture.zoom,
            progress: .null,
            age: age,
            round: round,
            now: Fixture.now
        )
    }

    private func settled(_ json: JSONValue, age: Duration, status: Int = 200) throws -> SettleVerdict {
        dialect.readSettled(
            Fixture.answer(status, json),
            try Fixture.call(.videoCreate, input),
            Fixture.zoom,
            progress: .null,
            age: age,
            round: 0
        )
    }

    @Test func `repeats changes and looks for what is new`() throws {
        #expect(try settle(.videoUpdate, ["topic": "N"], age: .zero, round: 0) == .replay)
        #expect(try settle(.videoCancel, [:], age: .zero, round: 0) == .replay)
        #expect(try settle(.videoCreate, input, age: .zero, round: 0) == .wait(.seconds(5)))
        guard case .ask(let request) = try settle(.videoCreate, input, age: .seconds(20), round: 1) else {
            Issue.record("nothing was asked")
            return
        }
        #expect(request.url.hasSuffix("/users/planner%40example.com/meetings?type=scheduled&page_size=300"))
        guard case .hold(let text) = try settle(.videoCreate, input, age: .seconds(9_000), round: 12) else {
            Issue.record("nobody was asked")
            return
        }
        #expect(text.contains(Fixture.tag))
    }

    @Test
    func `a meeting with the tag proves the creation, its absence only on a whole list after two minutes`()
        throws
    {
        let other: JSONValue = ["id": 1, "agenda": .string("usher:\(Fixture.tag)x")]
        guard case .succeeded(let outcome) = try settled(["meetings": [other, meeting]], age: .seconds(5))
        else {
            Issue.record("the meeting was not found")
            return
        }
        #expect(outcome.reference == "85746065432")
        #expect(try settled(["meetings": [other]], age: .seconds(119)) == .unknown)
        #expect(try settled(["meetings": [other], "next_page_token": "n"], age: .seconds(300)) == .unknown)
        #expect(try settled(["meetings": []], age: .seconds(300), status: 503) == .unknown)
        guard case .dead = try settled(["meetings": [other], "next_page_token": ""], age: .seconds(120))
        else {
            Issue.record("the absence was not believed")
            return
        }
    }
}
