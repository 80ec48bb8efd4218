package import Domain
import Resilience
package import Transport

/// What the answer to one try means.
package struct DeliveryAnswer: Equatable, Sendable {
    /// What becomes of the delivery.
    package enum Meaning: Equatable, Sendable {
        /// 2xx.
        case accepted
        /// 410: nothing more is wanted until somebody enables the destination again.
        case gone
        /// Anything else: try again, not before the wait it asked for.
        case failed(serverWait: Duration?)
        /// It can never be sent: no further try.
        case impossible
    }

    /// What becomes of the delivery.
    package let meaning: Meaning
    /// What it says about the URL.
    package let health: RouteHealth
    /// The status; nil when there was no answer.
    package let status: Int?
    /// The code of what went wrong in place of an answer.
    package let error: String?

    /// Reads an answer.
    ///
    /// | answer | meaning | the URL is |
    /// |---|---|---|
    /// | 2xx | accepted | alive |
    /// | 410 | gone | alive |
    /// | 429, or 503 with `Retry-After` | failed, wait as asked | throttled |
    /// | 408, 5xx | failed | failing |
    /// | other 3xx and 4xx | failed | alive |
    ///
    /// Source: Standard Webhooks 1.0.0, "Operational considerations": only 2xx is success, redirects are
    /// failures, 410 ends, 429/502/504 ask for less.
    package init(_ response: OutgoingResponse, now: Instant) {
        status = response.status
        error = nil
        let wait = response.headers.first("retry-after").flatMap { RetryAfter.parse($0, now: now) }
        switch response.status {
        case 200...299:
            meaning = .accepted
            health = .alive
        case 410:
            meaning = .gone
            health = .alive
        case 429:
            meaning = .failed(serverWait: wait)
            health = .throttled(wait ?? Self.throttleDefault)
        case 503 where wait != nil:
            meaning = .failed(serverWait: wait)
            health = .throttled(wait ?? Self.throttleDefault)
        case 408, 500...599:
            meaning = .failed(serverWait: wait)
            health = .failing
        default:
            meaning = .failed(serverWait: nil)
            health = .alive
        }
    }

    /// Reads a failure: the URL is failing, unless the reason lies with Usher.
    package init(_ failure: TransportError) {
        status = nil
        error = failure.code
        meaning = .failed(serverWait: nil)
        health = failure.isPeerFailure ? .failing : .unknown
    }

    /// A try that never left, for a reason of Usher's own.
    package init(unsent code: String) {
        status = nil
        error = code
        meaning = code == DeliverySender.payloadGone ? .impossible : .failed(serverWait: nil)
        health = .unknown
    }

    /// How long a destination is left alone when it answers 429 without saying.
    package static let throttleDefault = Duration.seconds(1)
}
