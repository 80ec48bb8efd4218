import HTTPAPI
import Testing

struct SocketMachineTests {
    private let limits = SocketLimits()

    private func machine() -> SocketMachine { SocketMachine(limits: limits, now: .zero) }

    private func frame(
        _ opcode: UInt8,
        _ payload: String = "",
        isLast: Bool = true,
        isMasked: Bool = true,
        isReserved: Bool = false
    ) -> SocketMachine.Frame {
        SocketMachine.Frame(
            opcode: opcode,
            isLast: isLast,
            isMasked: isMasked,
            isReserved: isReserved,
            payload: Array(payload.utf8)
        )
    }

    @Test func `delivers a text`() {
        var machine = machine()
        #expect(machine.frameCame(frame(1, "hello"), at: .zero) == .deliver(Array("hello".utf8)))
        #expect(machine.isOpen)
    }

    @Test func `puts a text together that came in pieces, with a ping between them`() {
        var machine = machine()
        #expect(machine.frameCame(frame(1, "he", isLast: false), at: .zero) == .none)
        #expect(machine.frameCame(frame(9, "p"), at: .zero) == .pong([0x70]))
        #expect(machine.frameCame(frame(0, "llo"), at: .zero) == .deliver(Array("hello".utf8)))
    }

    @Test(
        arguments: [
            (1, nil), (2, .unsupported), (0, .protocolError), (3, .protocolError), (11, .protocolError),
        ] as [(UInt8, SocketClose?)]
    )
    func `knows the opcodes`(opcode: UInt8, close: SocketClose?) {
        var machine = machine()
        let action = machine.frameCame(frame(opcode, "x"), at: .zero)
        #expect(action == close.map { .close($0) } ?? .deliver([0x78]))
    }

    @Test func `a frame that is not masked, or has a reserved bit, ends it`() {
        for wrong in [frame(1, "x", isMasked: false), frame(1, "x", isReserved: true)] {
            var machine = machine()
            #expect(machine.frameCame(wrong, at: .zero) == .close(.protocolError))
            #expect(!machine.isOpen)
        }
    }

    @Test func `a new text within a text ends it`() {
        var machine = machine()
        _ = machine.frameCame(frame(1, "a", isLast: false), at: .zero)
        #expect(machine.frameCame(frame(1, "b"), at: .zero) == .close(.protocolError))
    }

    @Test func `a text has a size`() {
        let most = String(repeating: "a", count: limits.messageBytesMax)
        var machine = machine()
        #expect(machine.frameCame(frame(1, most), at: .zero) == .deliver(Array(most.utf8)))
        _ = machine.frameCame(frame(1, most, isLast: false), at: .zero)
        #expect(machine.frameCame(frame(0, "a"), at: .zero) == .close(.tooLarge))
    }

    @Test func `a text is UTF-8`() {
        var machine = machine()
        let wrong = SocketMachine.Frame(
            opcode: 1,
            isLast: true,
            isMasked: true,
            isReserved: false,
            payload: [0xFF]
        )
        #expect(machine.frameCame(wrong, at: .zero) == .close(.invalidText))
    }

    @Test func `a client sends so many messages in a window, and again in the next`() {
        var machine = machine()
        for _ in 0..<limits.messagesMax {
            #expect(machine.frameCame(frame(9), at: .seconds(1)) == .pong([]))
        }
        #expect(machine.frameCame(frame(9), at: limits.messagesWindow) == .pong([]))
        for _ in 1..<limits.messagesMax { _ = machine.frameCame(frame(9), at: limits.messagesWindow) }
        #expect(machine.frameCame(frame(9), at: limits.messagesWindow) == .close(.tooMany))
    }

    @Test func `pings, and ends without a pong`() {
        var machine = machine()
        #expect(machine.deadline == limits.pingEvery)
        #expect(machine.timerFired(at: limits.pingEvery - .milliseconds(1)) == .none)
        #expect(machine.timerFired(at: limits.pingEvery) == .ping)
        #expect(machine.frameCame(frame(10), at: limits.pingEvery) == .none)
        #expect(machine.timerFired(at: limits.pingEvery * 2) == .ping)
        let late = limits.pingEvery * 2 + limits.pongTimeMax
        #expect(machine.deadline == late)
        #expect(machine.timerFired(at: late) == .end)
        #expect(machine.deadline == nil)
    }

    @Test func `answers a close with its code alone`() {
        var machine = machine()
        let payload: [UInt8] = [0x03, 0xE8] + Array("bye".utf8)
        let close = SocketMachine.Frame(
            opcode: 8,
            isLast: true,
            isMasked: true,
            isReserved: false,
            payload: payload
        )
        #expect(machine.frameCame(close, at: .zero) == .answerClose([0x03, 0xE8]))
        #expect(machine.frameCame(frame(1, "late"), at: .zero) == .none)
    }

    @Test func `waits for the answer to its own close, for a while`() {
        var machine = machine()
        #expect(machine.finish(.goingAway, at: .zero) == .close(.goingAway))
        #expect(machine.finish(.goingAway, at: .zero) == .none)
        #expect(machine.frameCame(frame(1, "late"), at: .zero) == .none)
        var other = machine
        #expect(machine.frameCame(frame(8), at: .zero) == .end)
        #expect(other.timerFired(at: limits.closeTimeMax) == .end)
    }
}
