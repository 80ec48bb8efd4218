import Calls
import Domain
import Providers
import Testing

@Suite("ReadShelf")
struct ReadShelfTests {
    private static let life: [Int64: Duration] = [1: .seconds(600), 2: .seconds(180)]

    private func key(_ place: String = "4042 -370 1", _ places: [Int64] = [1, 2]) -> ReadKey {
        ReadKey(.weatherCurrent, target: nil, input: Array(place.utf8), places: places)
    }

    private func answer(_ at: Duration, from integration: Int64 = 1, bytes: Int = 10) -> SharedAnswer {
        SharedAnswer(
            call: CallID(milliseconds: 1, 2, 3),
            owner: "platform",
            outcome: CallOutcome(reply: .string(String(repeating: "x", count: bytes - 2))),
            integration: integration,
            answeredAt: Instant(seconds: 0),
            at: at
        )
    }

    private func ask(
        _ shelf: inout ReadShelf,
        _ key: ReadKey,
        _ priority: Priority = .normal,
        isFresh: Bool = false,
        at now: Duration = .zero
    ) -> String {
        switch shelf.ask(key, priority, freshness: Self.life, isFresh: isFresh, now: now) {
        case .answer(let answer): "answer of \(answer.integration)"
        case .follow(let number): "follow \(number)"
        case .lead(let number): "lead \(number)"
        }
    }

    private func land(
        _ shelf: inout ReadShelf,
        _ flight: UInt64,
        _ answer: SharedAnswer?,
        freshness: Duration?
    ) -> Set<UInt64> {
        shelf.landed(flight, answer, freshness: freshness)
    }

    private func join(_ shelf: inout ReadShelf, _ follower: UInt64, _ flight: UInt64) -> Bool {
        shelf.joined(follower, flight)
    }

    @Test(arguments: [(1, 600), (2, 180)] as [(Int64, Int64)])
    func `an answer is as good as a new one for as long as its provider says`(
        integration: Int64,
        seconds: Int64
    ) {
        var shelf = ReadShelf()
        #expect(ask(&shelf, key()) == "lead 1")
        #expect(land(&shelf, 1, answer(.zero, from: integration), freshness: .seconds(seconds)).isEmpty)
        let last = Duration.seconds(seconds) - .microseconds(1)
        #expect(ask(&shelf, key(), at: last) == "answer of \(integration)")
        #expect(ask(&shelf, key("4100 -370 1"), at: last).hasPrefix("lead"))
        #expect(ask(&shelf, key("4042 -370 1", [3]), at: last).hasPrefix("lead"))
        #expect(ask(&shelf, key(), isFresh: true, at: last).hasPrefix("lead"))
        #expect(ask(&shelf, key(), at: .seconds(seconds)).hasPrefix("follow"))
        #expect(shelf.count == 0 && shelf.bytes == 0)
    }

    @Test func `who asks the same follows, unless it is more urgent or wants it fresh`() {
        var shelf = ReadShelf()
        #expect(ask(&shelf, key()) == "lead 1")
        #expect(ask(&shelf, key()) == "follow 1")
        #expect(ask(&shelf, key(), .low) == "follow 1")
        #expect(ask(&shelf, key(), .critical) == "lead 2")
        #expect(ask(&shelf, key()) == "follow 2")
        #expect(ask(&shelf, key(), .low, isFresh: true) == "lead 3")
        #expect(ask(&shelf, key()) == "lead 4")
        #expect(join(&shelf, 70, 1))
        #expect(join(&shelf, 71, 1))
        shelf.left(71, 1)
        #expect(land(&shelf, 1, nil, freshness: nil) == [70])
        #expect(land(&shelf, 1, answer(.zero), freshness: .seconds(600)).isEmpty)
        #expect(!join(&shelf, 72, 1))
        #expect(shelf.count == 0 && shelf.flightCount == 3)
        #expect(ask(&shelf, key()) == "follow 4")
    }

    @Test func `what was changed meanwhile is neither joined nor kept`() {
        var shelf = ReadShelf()
        #expect(ask(&shelf, key()) == "lead 1")
        #expect(join(&shelf, 70, 1))
        shelf.changed(3)
        #expect(ask(&shelf, key()) == "follow 1")
        shelf.changed(2)
        #expect(ask(&shelf, key()) == "lead 2")
        #expect(land(&shelf, 1, answer(.zero), freshness: .seconds(600)) == [70])
        #expect(shelf.count == 0)
        #expect(land(&shelf, 2, answer(.zero), freshness: .seconds(600)).isEmpty)
        #expect(shelf.count == 1)
    }

    @Test func `the oldest answers go when there are too many, or too much`() {
        var limits = ReadShelf.Limits()
        limits.answersMax = 3
        limits.bytesMax = 1_000
        var shelf = ReadShelf(limits: limits)
        for number in 0..<5 {
            guard
                case .lead(let flight) = shelf.ask(
                    key("\(number)"),
                    .normal,
                    freshness: Self.life,
                    isFresh: false,
                    now: .zero
                )
            else { return #expect(Bool(false)) }
            _ = land(&shelf, flight, answer(.zero, bytes: 100), freshness: .seconds(600))
        }
        #expect(shelf.count == 3 && shelf.bytes == 303)
        #expect(ask(&shelf, key("1")).hasPrefix("lead") && ask(&shelf, key("2")) == "answer of 1")
        keep(&shelf, "big", bytes: 900)
        #expect(shelf.count == 1 && shelf.bytes == 903)
        keep(&shelf, "huge", bytes: 1_001)
        #expect(shelf.count == 1)
        for number in 0..<5_000 { keep(&shelf, "\(number % 7)", bytes: 50, at: .seconds(number)) }
        #expect(shelf.count == 3 && shelf.bytes == 153 && shelf.flightCount == 1)
    }

    private func keep(_ shelf: inout ReadShelf, _ place: String, bytes: Int, at now: Duration = .zero) {
        let action = shelf.ask(key(place), .normal, freshness: Self.life, isFresh: true, now: now)
        guard case .lead(let flight) = action else { return }
        _ = land(&shelf, flight, answer(now, bytes: bytes), freshness: .seconds(600))
    }
}
