import Domain
import Providers
import Resilience
import Transport

/// One request with the right to leave: sends it, passes its answer on, and tells desk and journal how it went.
struct ProxyExchange: Sendable {
    /// The statuses without a body (RFC 9110 section 6.4.1).
    private static let bare: Set<Int> = [204, 304]

    let engine: ProxyEngine
    let integration: CallIntegration
    let passage: CallDesk.Passage
    let body: ProxyBody
    /// Whether its row is there already.
    let isKnown: Bool
    let began: Duration
    let place: ProxyPlace

    private var ports: CallPorts { engine.ports }

    /// Sends it, and once more when that is safe and nothing of it has left.
    func send(_ request: StreamedRequest, isRepeatable: Bool) async throws(TransportError) -> StreamedResponse
    {
        do throws(TransportError) {
            return try await engine.streaming.send(request)
        } catch {
            guard isRepeatable, error.isPeerFailure, !error.requestMayHaveBeenSent, !body.isTouched,
                !Task.isCancelled
            else { throw error }
        }
        return try await engine.streaming.send(request)
    }

    /// Passes an answer on.
    func answer(
        _ response: StreamedResponse,
        _ record: inout ProxyRecord,
        _ prepared: ProxyEngine.Prepared
    ) async throws(TransportError) -> ProxyAnswer {
        guard (200...599).contains(response.status) else {
            response.body.cancel()
            throw .malformedResponse
        }
        let outcome = Self.outcome(response.status)
        if !ProxyRules.isSafe(method: record.method) { engine.reads.changed(integration.id) }
        engine.desk.answered(passage, outcome, latency: ports.time.elapsed() - began)
        if response.status == 401, let token = prepared.account.accessToken {
            await ports.tokenRefused(integration, token)
        }
        let news = integration.dialect.limits(
            in: ProviderAnswer(
                status: response.status,
                headers: response.headers,
                body: [],
                at: ports.time.now()
            )
        )
        record.state = .answered
        record.status = response.status
        let transfer = ProxyTransfer(response.body) { [self, record] bytes, error in
            engine.desk.left(passage, outcome, news: news)
            write(record, bytesOut: bytes, error: error)
        }
        let isBare = record.method == "HEAD" || Self.bare.contains(response.status)
        // What goes back ends the caller's request: an answer that comes before that is read first.
        if !isBare, !body.isOver { await transfer.readAhead(engine.limits.earlyAnswerBytesMax) }
        return ProxyAnswer(
            id: record.id,
            status: response.status,
            headers: ProxyRules.returned(response.headers, prepared.account),
            length: Self.length(response.headers),
            version: prepared.version,
            body: transfer
        )
    }

    /// Takes in that there is no answer.
    func failed(_ error: TransportError, _ record: ProxyRecord) -> ProxyError {
        let latency = ports.time.elapsed() - began
        if !ProxyRules.isSafe(method: record.method) { engine.reads.changed(integration.id) }
        // Who was cancelled, or broke its own request off, says nothing about the provider.
        let isOurs = !error.isPeerFailure || body.isBroken
        if isOurs {
            engine.desk.abandoned(passage)
        } else {
            engine.desk.ended(passage, .fail, latency: latency, news: [])
        }
        var record = record
        record.state = error.requestMayHaveBeenSent ? .unknown : .failed
        write(record, bytesOut: 0, error: error.code)
        if case .malformedResponse = error { return .answer }
        return body.isBroken ? .body : .transport(error)
    }

    private func write(_ record: ProxyRecord, bytesOut: Int64, error: String?) {
        var record = record
        record.duration = ports.time.elapsed() - began
        record.bytesIn = body.bytes
        record.bytesOut = bytesOut
        record.error = error
        engine.journal.end(record, isKnown: isKnown)
    }

    private static func outcome(_ status: Int) -> ExchangeOutcome {
        switch status {
        case 420, 429: .rejected
        case 400...499: .caller
        case 500...599: .fail
        default: .ok
        }
    }

    private static func length(_ headers: Headers) -> Int64? {
        let lengths = headers.values("content-length")
        guard lengths.count == 1, headers.first("transfer-encoding") == nil, let length = Int64(lengths[0]),
            length >= 0
        else { return nil }
        return length
    }
}
