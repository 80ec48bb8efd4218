/// Decides what one WebSocket does next.
///
///     open -close from us-> closing -close from the peer, or late-> closed
///       '-close from the peer, or no pong--------------------------->'
///
/// Instants are readings of a clock that never goes back.
package struct SocketMachine: Sendable {
    /// A frame as it came, unmasked.
    package struct Frame: Sendable {
        /// The opcode: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
        package let opcode: UInt8
        /// Whether it is the last of its message.
        package let isLast: Bool
        /// Whether it was masked, as every frame of a client must be.
        package let isMasked: Bool
        /// Whether a reserved bit was set: no extension was agreed on.
        package let isReserved: Bool
        /// The payload.
        package let payload: [UInt8]

        /// Describes a frame.
        package init(opcode: UInt8, isLast: Bool, isMasked: Bool, isReserved: Bool, payload: [UInt8]) {
            self.opcode = opcode
            self.isLast = isLast
            self.isMasked = isMasked
            self.isReserved = isReserved
            self.payload = payload
        }
    }

    /// What the connection must do now.
    package enum Action: Hashable, Sendable {
        case none
        /// Hand the message over.
        case deliver([UInt8])
        /// Send a pong with this payload.
        case pong([UInt8])
        /// Send a ping.
        case ping
        /// Send a close, and wait for the peer's.
        case close(SocketClose)
        /// Send back the peer's close with this payload, then close the connection.
        case answerClose([UInt8])
        /// Close the connection now.
        case end
    }

    private enum State: Sendable {
        case open(Open)
        case closing(until: Duration)
        case closed
    }

    private struct Open: Sendable {
        var nextPing: Duration
        /// When the pong must be here; nil while none is awaited.
        var pongBy: Duration?
        /// The text so far of a message in several frames.
        var partial: [UInt8]?
        var windowEnd: Duration
        var messages = 0
    }

    private let limits: SocketLimits
    private var state: State

    /// Starts with an open connection.
    package init(limits: SocketLimits, now: Duration) {
        self.limits = limits
        state = .open(Open(nextPing: now + limits.pingEvery, windowEnd: now + limits.messagesWindow))
    }

    /// Whether messages may be sent.
    package var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// When `timerFired` must be called; nil when nothing is awaited.
    package var deadline: Duration? {
        switch state {
        case .open(let open): open.pongBy ?? open.nextPing
        case .closing(let until): until
        case .closed: nil
        }
    }

    /// A frame came.
    package mutating func frameCame(_ frame: Frame, at now: Duration) -> Action {
        guard frame.isMasked, !frame.isReserved else { return fail(.protocolError, at: now) }
        switch state {
        case .closed: return .none
        case .closing:
            guard frame.opcode == 8 else { return .none }
            state = .closed
            return .end
        case .open(var open):
            if now >= open.windowEnd {
                open.windowEnd = now + limits.messagesWindow
                open.messages = 0
            }
            open.messages += 1
            state = .open(open)
            guard open.messages <= limits.messagesMax else { return fail(.tooMany, at: now) }
            return take(frame, open, at: now)
        }
    }

    private mutating func take(_ frame: Frame, _ known: Open, at now: Duration) -> Action {
        var open = known
        switch frame.opcode {
        case 1 where open.partial == nil:
            open.partial = []
            return add(frame, open, at: now)
        case 0 where open.partial != nil: return add(frame, open, at: now)
        case 2: return fail(.unsupported, at: now)
        case 8:
            state = .closed
            // Only the code is sent back.
            return .answerClose(Array(frame.payload.prefix(2)))
        case 9: return .pong(frame.payload)
        case 10:
            open.pongBy = nil
            state = .open(open)
            return .none
        default: return fail(.protocolError, at: now)
        }
    }

    private mutating func add(_ frame: Frame, _ known: Open, at now: Duration) -> Action {
        var open = known
        let text = (open.partial ?? []) + frame.payload
        guard text.count <= limits.messageBytesMax else { return fail(.tooLarge, at: now) }
        open.partial = frame.isLast ? nil : text
        state = .open(open)
        guard frame.isLast else { return .none }
        guard String(validating: text, as: UTF8.self) != nil else { return fail(.invalidText, at: now) }
        return .deliver(text)
    }

    /// The decoder gave up: nothing after this can be read.
    package mutating func decoderFailed(tooLarge: Bool, at now: Duration) -> Action {
        fail(tooLarge ? .tooLarge : .protocolError, at: now)
    }

    /// We have nothing more to say.
    package mutating func finish(_ close: SocketClose, at now: Duration) -> Action {
        fail(close, at: now)
    }

    /// The deadline may have passed; early calls are expected.
    package mutating func timerFired(at now: Duration) -> Action {
        guard let deadline, now >= deadline else { return .none }
        switch state {
        case .open(var open):
            guard open.pongBy == nil else { return end() }
            open.nextPing = now + limits.pingEvery
            open.pongBy = now + limits.pongTimeMax
            state = .open(open)
            return .ping
        case .closing: return end()
        case .closed: return .none
        }
    }

    /// The connection is gone.
    package mutating func connectionLost() {
        state = .closed
    }

    private mutating func fail(_ close: SocketClose, at now: Duration) -> Action {
        guard case .open = state else { return .none }
        state = .closing(until: now + limits.closeTimeMax)
        return .close(close)
    }

    private mutating func end() -> Action {
        state = .closed
        return .end
    }
}
