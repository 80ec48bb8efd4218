import Domain

// Bodies that are streamed:
//
//     head -> receiving -end-> handling -answer-> sending -ended-> awaiting ...
//                 |`--early answer--> lingering      `-fault-> closed
//                 `--fault, 413--> abandoned: lingering
extension ConnectionMachine {
    /// A request whose handler is at work while its body comes.
    struct Receiving: Sendable {
        let head: AcceptedHead
        let policy: RequestPolicy
        let handlingTimeMax: Duration
        /// Runs while the peer is waited for.
        var meter: ProgressMeter
        /// When the handler must have asked for more; nil while the peer is waited for.
        var askedBy: Duration?
        var bytes = 0

        var deadline: Duration {
            askedBy.map { min($0, meter.deadline) } ?? meter.deadline
        }
    }

    /// An answer whose body is being made.
    struct Sending: Sendable {
        var exchange: Exchange
        /// Runs while the peer has not read all that was written.
        var meter: ProgressMeter
        var waitingBytes = 0
        /// Whether some of the request's body has not come.
        let isEarly: Bool
        /// Whether it goes on for as long as the peer listens.
        let isLive: Bool
    }

    /// What is being sent, as an answer or over a WebSocket.
    private var flow: Sending? {
        get {
            switch state {
            case .sending(let sending), .upgraded(let sending): sending
            default: nil
            }
        }
        set {
            guard let newValue else { return }
            switch state {
            case .sending: state = .sending(newValue)
            case .upgraded: state = .upgraded(newValue)
            default: break
            }
        }
    }
}

// MARK: - In

extension ConnectionMachine {
    /// A head is accepted whose body is streamed; `100 Continue` is sent when the handler asks for the first piece.
    mutating func receive(_ body: Body, at now: Duration) -> Action {
        let handlingTimeMax = body.policy.handlingTimeMax ?? limits.handlingTimeMax
        let isHeld = body.head.expectsContinue
        state = .receiving(
            Receiving(
                head: body.head,
                policy: body.policy,
                handlingTimeMax: handlingTimeMax,
                meter: ProgressMeter(limits.incomingStreamRule, now: now, isPaused: isHeld),
                askedBy: isHeld ? now + handlingTimeMax : nil
            )
        )
        return .handleStream(body.head)
    }

    /// A piece of a streamed body came; it belongs to the handler when the action is `.none`.
    package mutating func pieceCame(_ count: Int, at now: Duration) -> Action {
        guard case .receiving(var receiving) = state else { return .none }
        guard receiving.bytes + count <= receiving.policy.bodyBytesMax else {
            return abandon(.bodyTooLarge(bytesMax: receiving.policy.bodyBytesMax), at: now)
        }
        if receiving.bytes == 0, receiving.askedBy != nil {  // It does not wait for `100 Continue`.
            receiving.meter.resume(at: now)
            receiving.askedBy = nil
        }
        receiving.bytes += count
        receiving.meter.moved(count)
        state = .receiving(receiving)
        return .none
    }

    /// The handler has as much as may wait for it: nothing more is read.
    package mutating func bodyHeld(at now: Duration) {
        guard case .receiving(var receiving) = state, receiving.askedBy == nil else { return }
        receiving.meter.pause(at: now)
        receiving.askedBy = now + receiving.handlingTimeMax
        state = .receiving(receiving)
    }

    /// The handler asks for more than it has.
    package mutating func bodyWanted(at now: Duration) -> Action {
        guard case .receiving(var receiving) = state else { return .none }
        receiving.meter.resume(at: now)
        receiving.askedBy = nil
        state = .receiving(receiving)
        return receiving.head.expectsContinue && receiving.bytes == 0 ? .sendContinue : .none
    }

    /// The last byte of a streamed body came.
    mutating func streamedBodyEnded(at now: Duration) -> Action {
        guard case .receiving(let receiving) = state else { return .none }
        wireBytes = 0
        state = .handling(exchange(of: receiving, until: now + receiving.handlingTimeMax))
        return .none
    }

    /// What an answer that comes before the body's end belongs to: the last one of its connection.
    var earlyExchange: Exchange? {
        guard case .receiving(let receiving) = state else { return nil }
        var exchange = exchange(of: receiving, until: .zero)
        exchange.keepsAlive = false
        return exchange
    }

    mutating func receivingTimerFired(_ receiving: Receiving, at now: Duration) -> Action {
        if let askedBy = receiving.askedBy, now >= askedBy { return abandon(.handlingTimeout, at: now) }
        var receiving = receiving
        let isStopped = stopsAt.map { now >= $0 } ?? false
        guard receiving.meter.fault(at: now) == nil, !isStopped else {
            return abandon(.requestTimeout, at: now)
        }
        state = .receiving(receiving)
        return .none
    }

    private func exchange(of receiving: Receiving, until: Duration) -> Exchange {
        Exchange(
            method: receiving.head.method,
            minorVersion: receiving.head.minorVersion,
            keepsAlive: receiving.head.keepsAlive,
            until: until
        )
    }
}

// MARK: - Out

extension ConnectionMachine {
    /// The head of an answer is on its way, its body is being made.
    package mutating func streamBegan(_ exchange: Exchange, isLive: Bool = false, at now: Duration) {
        let isEarly = if case .receiving = state { true } else { false }
        let rule = isLive ? limits.liveStreamRule : limits.outgoingStreamRule
        let meter = ProgressMeter(rule, now: now, isPaused: true)
        state = .sending(Sending(exchange: exchange, meter: meter, isEarly: isEarly, isLive: isLive))
    }

    /// The answer turns the connection into a WebSocket.
    package mutating func upgraded(_ exchange: Exchange, at now: Duration) {
        let meter = ProgressMeter(limits.liveStreamRule, now: now, isPaused: true)
        state = .upgraded(Sending(exchange: exchange, meter: meter, isEarly: false, isLive: true))
    }

    /// A piece of the answer was written and waits to leave.
    package mutating func pieceWritten(_ count: Int, at now: Duration) {
        guard var sending = flow else { return }
        sending.waitingBytes += count
        sending.meter.resume(at: now)
        flow = sending
    }

    /// A piece of the answer has left.
    package mutating func pieceLeft(_ count: Int, at now: Duration) {
        guard var sending = flow else { return }
        sending.waitingBytes -= count
        sending.meter.moved(count)
        if sending.waitingBytes == 0 { sending.meter.pause(at: now) }
        flow = sending
    }

    /// The last piece of the answer is on its way; the arguments are those of `answered`.
    package mutating func streamEnded(buffersFull: Bool, hasMore: Bool, at now: Duration) -> Continuation? {
        guard case .sending(let sending) = state else { return nil }
        var exchange = sending.exchange
        if stopsAt != nil || sending.isEarly { exchange.keepsAlive = false }
        return answered(
            exchange,
            buffersFull: buffersFull,
            hasMore: hasMore || sending.isEarly,
            at: now
        )
    }

    mutating func sendingTimerFired(_ sending: Sending, at now: Duration) -> Action {
        var sending = sending
        let isStopped = stopsAt.map { now >= $0 } ?? false
        guard sending.meter.fault(at: now) == nil, !isStopped else { return close() }
        flow = sending
        return .none
    }
}
