import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1

extension HTTPUpstream {
    /// How often a stream's progress is judged, at the least: every second.
    private static let judgedEvery = Duration.seconds(1)

    /// This upstream as a port for streams.
    package var streaming: StreamingUpstream {
        StreamingUpstream { request async throws(TransportError) in try await self.stream(request) }
    }

    /// Sends one request and returns once the answer's head is there; see `StreamingUpstream.send`.
    package func stream(_ request: StreamedRequest) async throws(TransportError) -> StreamedResponse {
        let end = time.elapsed() + request.rule.timeMax
        let fields = try requestFields(request.method, request.url, request.headers)
        var failure = TransportError.unresolvable
        let addresses = try await addresses(of: request.url, request.policy, end: end)
        for address in addresses.prefix(Self.addressesTriedMax) {
            let left = end - time.elapsed()
            guard left > .zero else { throw .timedOut(sent: false) }
            do throws(TransportError) {
                return try await stream(request, fields, to: address, within: left)
            } catch {
                guard case .connectFailed = error else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func stream(
        _ request: StreamedRequest,
        _ fields: HTTPHeaders,
        to address: IPAddress,
        within left: Duration
    ) async throws(TransportError) -> StreamedResponse {
        let url = request.url
        let key = pool.key(of: url, at: address)
        let client = try pool.take(key)
        let exchange = StreamedExchange(request, loop: client.loop, time: time)
        let task: HTTPClient.Task<Void>
        do {
            var message = try client.request(request.method, to: url)
            message.headers = fields
            if let body = request.body { message.body = exchange.body(body) }
            task = client.client.execute(request: message, delegate: exchange)
        } catch {
            pool.giveBack(key)
            throw TransportError(cause: error, sent: false)
        }
        exchange.begin(task)
        watch(task, exchange, request.rule, on: client.loop, within: left) { [pool] in pool.giveBack(key) }
        let head = try await exchange.head()
        let body = StreamedResponseBody(
            take: { () async throws(TransportError) in try await exchange.piece() },
            abandon: { exchange.cancel() }
        )
        return StreamedResponse(status: head.status, headers: head.headers, body: body)
    }

    /// Ends the exchange when its time is up or its peer too slow, and tells it and `finally` of its end.
    private func watch(
        _ task: HTTPClient.Task<Void>,
        _ exchange: StreamedExchange,
        _ rule: ProgressRule,
        on loop: any EventLoop,
        within left: Duration,
        finally: @escaping @Sendable () -> Void
    ) {
        let alarm = loop.scheduleTask(in: TimeAmount(left)) { task.fail(reason: TimeIsUp()) }
        let pause = TimeAmount(max(min(rule.window / 4, Self.judgedEvery), .milliseconds(1)))
        let judge = loop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in exchange.judge() }
        task.futureResult.whenComplete { result in
            alarm.cancel()
            judge.cancel()
            exchange.ended(result)
            finally()
        }
    }
}
