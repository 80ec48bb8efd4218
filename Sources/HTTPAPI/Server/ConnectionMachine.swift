import Domain

/// Decides what one HTTP/1 connection does next.
///
///     awaiting -bytes-> head -head-> body -end-> handling -answer-> awaiting ...
///         |              |            |             |   `-slow reader-> writing -> awaiting
///         `--------------`---refuse---`-------------`-----> lingering -> closed
///
/// Bodies that are streamed take the place of two states: `receiving` that of `body`, with the handler at work already, and
/// `sending` that of `writing`; see `ConnectionMachine+Streams.swift`.
///
/// One request at a time: while one is handled nothing else is decided. Instants are readings of a clock that
/// never goes back.
package struct ConnectionMachine: Sendable {
    /// What the connection must do now.
    package enum Action: Sendable {
        case none
        /// Write `100 Continue`.
        case sendContinue
        /// Hand the request to its handler and answer with the result.
        case handle(AcceptedHead, body: [UInt8], RequestPolicy.Placement)
        /// Hand the request to its handler before its body.
        case handleStream(AcceptedHead)
        /// Answer with the problem, end the sending side, and drop what still comes.
        case refuse(Problem)
        /// Cancel the handler, then as `refuse`.
        case abandon(Problem)
        /// Close as soon as what was written has left.
        case closeWhenWritten
        /// Close at once.
        case close
        /// End the live body, or the socket, that is being sent.
        case endLive
    }

    /// What follows once an answer is written.
    package enum Continuation: Sendable {
        /// The next request may come.
        case next
        /// The peer reads slowly: wait until `drained`.
        case wait
        /// Close as soon as the answer is out.
        case close
        /// End the sending side after the answer, and drop what the peer has sent besides.
        case linger
    }

    /// Where the connection stands, with only the data valid there.
    enum State: Sendable {
        case awaiting(until: Duration)
        case head(since: Duration)
        case body(Body)
        /// A request that is being handled while its body comes.
        case receiving(Receiving)
        case handling(Exchange)
        /// An answer whose body is being made.
        case sending(Sending)
        /// An answer waits for a slow reader; the next request may follow it.
        case writing(until: Duration)
        /// A WebSocket: `SocketMachine` decides what is said.
        case upgraded(Sending)
        /// The last answer leaves.
        case parting(until: Duration)
        case lingering(until: Duration)
        case closed
    }

    /// A request whose body is still coming.
    struct Body: Sendable {
        let head: AcceptedHead
        let policy: RequestPolicy
        let since: Duration
        var bytes: [UInt8] = []
    }

    /// A request that is being handled.
    package struct Exchange: Sendable {
        /// The request's method.
        package let method: RequestMethod
        /// The request's minor version of HTTP/1.
        package let minorVersion: Int
        /// Whether another request may follow.
        package var keepsAlive: Bool
        let until: Duration
    }

    let limits: ServerLimits
    private let policy: @Sendable (AcceptedHead) -> RequestPolicy
    var state: State
    /// Bytes on the wire since the current request began.
    var wireBytes = 0
    /// Whether the peer will send nothing more.
    private var inputHasEnded = false
    /// When open work must be over because the server stops; nil while it does not.
    var stopsAt: Duration?

    /// Starts with a fresh connection, whose first head must come within `headTimeMax`.
    package init(
        limits: ServerLimits,
        now: Duration,
        policy: @escaping @Sendable (AcceptedHead) -> RequestPolicy
    ) {
        self.limits = limits
        self.policy = policy
        state = .awaiting(until: now + limits.headTimeMax)
    }

    /// Whether what comes in must wait: an answer is being made or written.
    package var isBusy: Bool {
        switch state {
        case .handling, .sending, .writing, .parting: true
        default: false
        }
    }

    /// Whether what comes in is of no interest any more.
    package var isDiscarding: Bool {
        switch state {
        case .lingering, .closed: true
        default: false
        }
    }

    /// When `timerFired` must be called; nil when nothing is awaited.
    package var deadline: Duration? {
        let own: Duration
        switch state {
        case .awaiting(let until), .writing(let until), .parting(let until), .lingering(let until):
            own = until
        case .head(let since): own = since + limits.headTimeMax
        case .body(let body): own = bodyDeadline(body)
        case .receiving(let receiving): own = receiving.deadline
        case .handling(let exchange): own = exchange.until
        case .sending(let sending), .upgraded(let sending): own = sending.meter.deadline
        case .closed: return nil
        }
        return stopsAt.map { min($0, own) } ?? own
    }

    private func bodyDeadline(_ body: Body) -> Duration {
        let earned = Duration.microseconds(
            Int64(body.bytes.count) * 1_000_000 / Int64(limits.bodyBytesPerSecondMin)
        )
        return body.since + min(limits.requestTimeMax + earned, limits.requestTimeAbsoluteMax)
    }
}

// MARK: - What comes from the peer

extension ConnectionMachine {
    /// Bytes came off the wire and go to the parser next.
    package mutating func bytesCame(_ count: Int, at now: Duration) {
        wireBytes += count
        if case .awaiting = state { state = .head(since: now) }
    }

    /// A head is complete.
    package mutating func headCame(_ head: RequestHead, overloaded: Bool, at now: Duration) -> Action {
        let since: Duration
        switch state {
        case .awaiting: since = now
        case .head(let start): since = start
        default: return .none
        }
        do {
            let body = try accept(head, overloaded: overloaded, since: since)
            guard !body.policy.streamsBody else { return receive(body, at: now) }
            state = .body(body)
            return body.head.expectsContinue ? .sendContinue : .none
        } catch {
            return refuse(error, at: now)
        }
    }

    private func accept(_ head: RequestHead, overloaded: Bool, since: Duration) throws(Problem) -> Body {
        let accepted = try RequestGuard.check(head)
        guard !overloaded else { throw .overloaded(retryAfterSeconds: 1) }
        let policy = policy(accepted)
        let length = accepted.contentLength ?? 0
        guard length <= policy.bodyBytesMax else { throw .bodyTooLarge(bytesMax: policy.bodyBytesMax) }
        var body = Body(head: accepted, policy: policy, since: since)
        // What is announced need not come: only a moderate length is believed.
        body.bytes.reserveCapacity(min(length, 64 * 1_024))
        return body
    }

    /// A piece of the body came.
    package mutating func bodyCame(_ bytes: some Collection<UInt8>, at now: Duration) -> Action {
        guard case .body(var body) = state else { return .none }
        state = .closed  // Gives the buffer up, so that appending does not copy it.
        guard body.bytes.count + bytes.count <= body.policy.bodyBytesMax else {
            return refuse(.bodyTooLarge(bytesMax: body.policy.bodyBytesMax), at: now)
        }
        body.bytes.append(contentsOf: bytes)
        state = .body(body)
        return .none
    }

    /// The request is complete.
    package mutating func endCame(at now: Duration) -> Action {
        guard case .body(let body) = state else { return streamedBodyEnded(at: now) }
        let head = body.head
        wireBytes = 0
        state = .handling(
            Exchange(
                method: head.method,
                minorVersion: head.minorVersion,
                keepsAlive: head.keepsAlive,
                until: now + limits.handlingTimeMax
            )
        )
        return .handle(head, body: body.bytes, body.policy.placement)
    }

    /// Everything that one read brought has been parsed.
    package mutating func readEnded(at now: Duration) -> Action {
        switch state {
        case .head where wireBytes > limits.headBytesMax:
            return refuse(.headTooLarge, at: now)
        case .body(let body)
        where wireBytes - body.bytes.count > limits.framingBytesMax + body.bytes.count / 2:
            return refuse(.excessiveFraming, at: now)
        case .receiving(let receiving)
        where wireBytes - receiving.bytes > limits.framingBytesMax + receiving.bytes / 2:
            return abandon(.excessiveFraming, at: now)
        default:
            return .none
        }
    }

    /// The parser gave up: nothing after this can be read.
    package mutating func parserFailed(_ problem: Problem, at now: Duration) -> Action {
        switch state {
        case .handling(var exchange):
            exchange.keepsAlive = false
            state = .handling(exchange)
            return .none
        case .sending(var sending):
            sending.exchange.keepsAlive = false
            state = .sending(sending)
            return .none
        case .awaiting, .head, .body:
            return refuse(problem, at: now)
        case .receiving:
            return abandon(problem, at: now)
        case .writing(let until):
            state = .parting(until: until)
            return .closeWhenWritten
        case .upgraded, .parting, .lingering, .closed:
            return .none
        }
    }

    /// The peer sends nothing more; it may still read.
    package mutating func inputClosed() -> Action {
        inputHasEnded = true
        switch state {
        // It may have been silent for long, and nothing would be written that finds out.
        case .sending(let sending) where sending.isLive: return close()
        case .handling, .sending, .parting: return .none
        case .writing(let until):
            state = .parting(until: until)
            return .closeWhenWritten
        case .awaiting, .head, .body, .receiving, .upgraded, .lingering, .closed: return close()
        }
    }

    /// Nothing that the peer sent ahead is left.
    package mutating func allTaken() -> Action {
        guard inputHasEnded else { return .none }
        switch state {
        case .awaiting, .head, .body, .receiving: return close()
        case .handling, .sending, .writing, .upgraded, .parting, .lingering, .closed: return .none
        }
    }

    /// The peer sent more requests ahead than we keep: the current answer is the last.
    package mutating func pipelineOverflowed() {
        switch state {
        case .handling(var exchange):
            exchange.keepsAlive = false
            state = .handling(exchange)
        case .sending(var sending):
            sending.exchange.keepsAlive = false
            state = .sending(sending)
        default: break
        }
    }

    /// The connection is gone.
    package mutating func connectionLost() {
        state = .closed
    }
}

// MARK: - What comes from inside

extension ConnectionMachine {
    /// The exchange whose answer is about to be written, with `keepsAlive` as it must be announced; nil when nobody
    /// waits for an answer any more.
    ///
    /// - Parameter hasMore: the peer has sent more than the request.
    package func exchangeToAnswer(hasMore: Bool) -> Exchange? {
        guard case .handling(var exchange) = state else { return earlyExchange }
        if stopsAt != nil || inputHasEnded && !hasMore { exchange.keepsAlive = false }
        return exchange
    }

    /// The answer is on its way.
    ///
    /// - Parameters:
    ///   - buffersFull: the peer has not read enough for the answer to leave our memory.
    ///   - hasMore: the peer has sent more than the request.
    package mutating func answered(
        _ exchange: Exchange,
        buffersFull: Bool,
        hasMore: Bool,
        at now: Duration
    ) -> Continuation {
        let isEarly = if case .receiving = state { true } else { false }
        guard exchange.keepsAlive else {
            if hasMore || isEarly {
                state = .lingering(until: now + limits.lingerTimeMax)
                return .linger
            }
            state = .parting(until: now + limits.writeTimeMax)
            return .close
        }
        guard !buffersFull else {
            state = .writing(until: now + limits.writeTimeMax)
            return .wait
        }
        state = .awaiting(until: now + limits.idleTimeMax)
        return .next
    }

    /// The peer has read enough for the next request to be looked at; false when nothing waited for that.
    package mutating func drained(at now: Duration) -> Bool {
        guard case .writing = state else { return false }
        state = .awaiting(until: now + limits.idleTimeMax)
        return true
    }

    /// The server stops: idle connections close, open requests may finish within `shutdownTimeMax`.
    package mutating func stop(at now: Duration) -> Action {
        if case .awaiting = state { return close() }
        stopsAt = stopsAt ?? now + limits.shutdownTimeMax
        switch state {
        case .sending(let sending) where sending.isLive: return .endLive
        case .upgraded: return .endLive
        default: return .none
        }
    }

    /// The handler has no room: the request is turned away.
    package mutating func turnAway(at now: Duration) -> Action {
        switch state {
        case .handling, .receiving: break
        default: return .none
        }
        return refuse(.overloaded(retryAfterSeconds: 1), at: now)
    }

    /// The deadline may have passed; early calls are expected.
    package mutating func timerFired(at now: Duration) -> Action {
        guard let deadline, now >= deadline else { return .none }
        switch state {
        case .head, .body: return refuse(.requestTimeout, at: now)
        case .receiving(let receiving): return receivingTimerFired(receiving, at: now)
        case .handling: return abandon(.handlingTimeout, at: now)
        case .sending(let sending), .upgraded(let sending): return sendingTimerFired(sending, at: now)
        case .awaiting, .writing, .parting, .lingering: return close()
        case .closed: return .none
        }
    }

    private mutating func refuse(_ problem: Problem, at now: Duration) -> Action {
        state = .lingering(until: now + limits.lingerTimeMax)
        return .refuse(problem)
    }

    mutating func abandon(_ problem: Problem, at now: Duration) -> Action {
        state = .lingering(until: now + limits.lingerTimeMax)
        return .abandon(problem)
    }

    mutating func close() -> Action {
        state = .closed
        return .close
    }
}
