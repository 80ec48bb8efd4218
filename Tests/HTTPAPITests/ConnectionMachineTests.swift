import Domain
import HTTPAPI
import Testing

@Suite struct `Connection machine` {
    private let limits = ServerLimits()
    private let head = RequestHead(
        method: "POST",
        target: "/x",
        headers: Headers([("host", "h"), ("transfer-encoding", "chunked")])
    )

    private func machine(bodyBytesMax: Int = 1 << 20, at now: Duration = .zero) -> ConnectionMachine {
        ConnectionMachine(limits: limits, now: now) { _ in RequestPolicy(bodyBytesMax: bodyBytesMax) }
    }

    /// The status of a refusal, 0 for a close, nil for anything else.
    private func outcome(_ action: ConnectionMachine.Action) -> Int? {
        switch action {
        case .refuse(let problem), .abandon(let problem): problem.status
        case .close: 0
        default: nil
        }
    }

    private func exchange(_ machine: inout ConnectionMachine, at now: Duration) -> ConnectionMachine.Exchange?
    {
        machine.bytesCame(100, at: now)
        _ = machine.headCame(head, overloaded: false, at: now)
        _ = machine.endCame(at: now)
        return machine.exchangeToAnswer(hasMore: false)
    }

    @Test func `closes a connection that sends nothing, when the head's time is up`() {
        var machine = machine(at: .seconds(7))
        #expect(machine.deadline == .seconds(12))
        #expect(outcome(machine.timerFired(at: .seconds(12) - .microseconds(1))) == nil)
        #expect(outcome(machine.timerFired(at: .seconds(12))) == 0)
        #expect(machine.deadline == nil)
    }

    @Test func `gives a head five seconds from its first byte`() {
        var machine = machine()
        machine.bytesCame(1, at: .seconds(1))
        machine.bytesCame(1, at: .seconds(4))
        #expect(outcome(machine.timerFired(at: .milliseconds(5_999))) == nil)
        #expect(outcome(machine.timerFired(at: .seconds(6))) == 408)
    }

    @Test func `gives a request ten seconds and one more for each KiB, thirty in all`() {
        var machine = machine()
        machine.bytesCame(100, at: .seconds(1))
        _ = machine.headCame(head, overloaded: false, at: .seconds(2))
        #expect(machine.deadline == .seconds(11))
        _ = machine.bodyCame([UInt8](repeating: 1, count: 2_048), at: .seconds(3))
        #expect(machine.deadline == .seconds(13))
        _ = machine.bodyCame([UInt8](repeating: 1, count: 200_000), at: .seconds(4))
        #expect(machine.deadline == .seconds(31))
        #expect(outcome(machine.timerFired(at: .seconds(31))) == 408)
    }

    @Test func `takes a body at the limit and no byte more`() {
        var machine = machine(bodyBytesMax: 10)
        machine.bytesCame(100, at: .zero)
        #expect(outcome(machine.headCame(head, overloaded: false, at: .zero)) == nil)
        #expect(outcome(machine.bodyCame([UInt8](repeating: 1, count: 10), at: .zero)) == nil)
        var copy = machine
        #expect(outcome(machine.bodyCame([1], at: .zero)) == 413)
        guard case .handle(_, let body, _) = copy.endCame(at: .zero) else {
            Issue.record("ten bytes are within the limit")
            return
        }
        #expect(body.count == 10)
    }

    @Test(arguments: [(1_048_576, false), (1_048_577, true)])
    func `refuses a large body before it comes`(_ length: Int, _ isRefused: Bool) {
        var machine = machine()
        let fields = [("host", "h"), ("content-length", String(length))]
        let action = machine.headCame(
            RequestHead(method: "POST", target: "/x", headers: Headers(fields)),
            overloaded: false,
            at: .zero
        )
        #expect((outcome(action) == 413) == isRefused)
    }

    @Test func `bounds what is sent besides the body`() {
        var machine = machine()
        machine.bytesCame(limits.framingBytesMax, at: .zero)
        _ = machine.headCame(head, overloaded: false, at: .zero)
        #expect(outcome(machine.readEnded(at: .zero)) == nil)
        machine.bytesCame(1, at: .zero)
        #expect(outcome(machine.readEnded(at: .zero)) == 400)
    }

    @Test func `allows framing of half the body`() {
        var machine = machine()
        _ = machine.headCame(head, overloaded: false, at: .zero)
        _ = machine.bodyCame([UInt8](repeating: 1, count: 100_000), at: .zero)
        machine.bytesCame(150_000 + limits.framingBytesMax, at: .zero)
        #expect(outcome(machine.readEnded(at: .zero)) == nil)
        machine.bytesCame(1, at: .zero)
        #expect(outcome(machine.readEnded(at: .zero)) == 400)
    }

    @Test func `bounds the bytes of a head`() {
        var machine = machine()
        machine.bytesCame(limits.headBytesMax, at: .zero)
        #expect(outcome(machine.readEnded(at: .zero)) == nil)
        machine.bytesCame(1, at: .zero)
        #expect(outcome(machine.readEnded(at: .zero)) == 431)
    }

    @Test func `answers for a handler that takes too long, once`() {
        var machine = machine()
        #expect(exchange(&machine, at: .seconds(1)) != nil)
        #expect(outcome(machine.timerFired(at: .seconds(30))) == nil)
        guard case .abandon(let problem) = machine.timerFired(at: .seconds(31)) else {
            Issue.record("the handler's time is up")
            return
        }
        #expect(problem.status == 503)
        #expect(machine.exchangeToAnswer(hasMore: false) == nil)
    }

    @Test func `waits 75 seconds for the next request`() throws {
        var machine = machine()
        let exchange = try #require(exchange(&machine, at: .zero))
        #expect(machine.isBusy)
        let continuation = machine.answered(exchange, buffersFull: false, hasMore: false, at: .seconds(2))
        #expect(continuation == .next)
        #expect(!machine.isBusy)
        #expect(machine.deadline == .seconds(77))
        #expect(self.exchange(&machine, at: .seconds(10)) != nil)
    }

    @Test func `holds the next request back from a peer that does not read`() throws {
        var machine = machine()
        let exchange = try #require(exchange(&machine, at: .zero))
        let continuation = machine.answered(exchange, buffersFull: true, hasMore: false, at: .seconds(2))
        #expect(continuation == .wait)
        #expect(machine.isBusy)
        var patient = machine
        #expect(outcome(machine.timerFired(at: .seconds(32))) == 0)
        let hasWaited = patient.drained(at: .seconds(31))
        #expect(hasWaited)
        #expect(!patient.isBusy)
        let waitsAgain = patient.drained(at: .seconds(32))
        #expect(!waitsAgain)
    }

    @Test func `finishes what is open when the server stops, and closes what is idle`() throws {
        var idle = machine()
        #expect(outcome(idle.stop(at: .zero)) == 0)
        var busy = machine()
        #expect(try #require(exchange(&busy, at: .zero)).keepsAlive)
        #expect(outcome(busy.stop(at: .seconds(1))) == nil)
        #expect(busy.deadline == .seconds(11))
        let exchange = try #require(busy.exchangeToAnswer(hasMore: false))
        #expect(!exchange.keepsAlive)
        let continuation = busy.answered(exchange, buffersFull: false, hasMore: false, at: .seconds(2))
        #expect(continuation == .close)
    }

    @Test func `still answers a peer that has closed its side`() throws {
        var machine = machine()
        #expect(exchange(&machine, at: .zero) != nil)
        #expect(outcome(machine.inputClosed()) == nil)
        #expect(try !#require(machine.exchangeToAnswer(hasMore: false)).keepsAlive)
        var early = self.machine()
        early.bytesCame(1, at: .zero)
        #expect(outcome(early.inputClosed()) == 0)
    }

    @Test func `answers what was sent ahead before the peer's end`() throws {
        var machine = machine()
        #expect(exchange(&machine, at: .zero) != nil)
        #expect(outcome(machine.inputClosed()) == nil)
        let exchange = try #require(machine.exchangeToAnswer(hasMore: true))
        #expect(exchange.keepsAlive)
        _ = machine.answered(exchange, buffersFull: false, hasMore: false, at: .zero)
        #expect(outcome(machine.allTaken()) == 0)
    }

    @Test func `drops what was sent ahead of a last answer, instead of closing over it`() throws {
        var machine = machine()
        #expect(exchange(&machine, at: .zero) != nil)
        machine.pipelineOverflowed()
        let exchange = try #require(machine.exchangeToAnswer(hasMore: true))
        #expect(!exchange.keepsAlive)
        let continuation = machine.answered(exchange, buffersFull: false, hasMore: true, at: .zero)
        #expect(continuation == .linger)
        #expect(machine.isDiscarding)
    }

    @Test func `answers the request before the one that the parser refused`() throws {
        var machine = machine()
        #expect(exchange(&machine, at: .zero) != nil)
        #expect(outcome(machine.parserFailed(.notFound, at: .zero)) == nil)
        #expect(try !#require(machine.exchangeToAnswer(hasMore: false)).keepsAlive)
    }

    @Test func `drops what comes after a refusal`() {
        var machine = machine()
        machine.bytesCame(1, at: .zero)
        #expect(outcome(machine.headCame(head, overloaded: true, at: .zero)) == 503)
        #expect(machine.isDiscarding)
        #expect(outcome(machine.headCame(head, overloaded: false, at: .zero)) == nil)
        #expect(outcome(machine.bodyCame([1], at: .zero)) == nil)
        #expect(outcome(machine.endCame(at: .zero)) == nil)
        #expect(outcome(machine.timerFired(at: limits.lingerTimeMax)) == 0)
    }

    @Test func `answers 100 only to who waits for it, and not with a refusal`() {
        let fields = [("host", "h"), ("content-length", "5"), ("expect", "100-continue")]
        let waiting = RequestHead(method: "POST", target: "/x", headers: Headers(fields))
        var machine = machine()
        guard case .sendContinue = machine.headCame(waiting, overloaded: false, at: .zero) else {
            Issue.record("the peer waits")
            return
        }
        var small = self.machine(bodyBytesMax: 4)
        #expect(outcome(small.headCame(waiting, overloaded: false, at: .zero)) == 413)
    }
}
