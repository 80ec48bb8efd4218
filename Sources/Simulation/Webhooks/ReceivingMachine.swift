import Domain
import Signatures
import Transport

/// A destination as a machine: checks Usher's signature and answers as its weather says.
///
/// A value: what it answers follows from its seed and the order of requests.
struct ReceivingMachine: Sendable {
    /// What came of one request.
    enum Answer: Sendable, Equatable {
        /// 200: what it carries has arrived.
        case accepted
        /// The status of a refusal, and the seconds it asks to be left alone for.
        case refused(status: Int, retryAfter: Int?)
        /// The signature is not Usher's.
        case forged
        /// Nothing listens.
        case down
    }

    /// The process's clock may be off by hours; how old a signature may be is a matter of `Signatures`.
    private static let tolerance = TimestampTolerance(past: .seconds(200_000), future: .seconds(200_000))

    private let secret: Secret
    private let random: RandomSource

    init(secret: Secret, random: RandomSource) {
        self.secret = secret
        self.random = random
    }

    /// Takes one request in.
    ///
    /// - Parameter weather: nil: nothing goes wrong any more.
    mutating func receive(_ request: OutgoingRequest, weather: WebhookWeather?, now: Instant) -> Answer {
        let received = WebhookRequest(
            method: request.method,
            url: request.url.text,
            headers: Headers(request.headers),
            body: request.body
        )
        do {
            _ = try StandardWebhooksSignature.verify(
                received,
                secrets: [secret],
                now: now,
                tolerance: Self.tolerance
            )
        } catch {
            return .forged
        }
        guard let weather else { return .accepted }
        let drawn = random.fraction()
        if drawn < weather.gone { return .refused(status: 410, retryAfter: nil) }
        if drawn < weather.gone + weather.failing { return .refused(status: 500, retryAfter: nil) }
        if drawn < weather.gone + weather.failing + weather.busy {
            return .refused(status: 503, retryAfter: Int(1 + random.next() % 8))
        }
        return .accepted
    }
}

extension ReceivingMachine.Answer {
    /// The response that goes back; nil when nothing listens.
    var response: OutgoingResponse? {
        switch self {
        case .accepted: OutgoingResponse(status: 200, headers: Headers(), body: [])
        case .forged: OutgoingResponse(status: 401, headers: Headers(), body: [])
        case .refused(let status, let seconds):
            OutgoingResponse(
                status: status,
                headers: Headers(seconds.map { [("retry-after", "\($0)")] } ?? []),
                body: []
            )
        case .down: nil
        }
    }
}
