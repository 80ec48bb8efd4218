import Domain
import Providers
import Transport

/// Sends a dialect's requests and brings the answers.
struct ProviderLine: Sendable {
    /// What came of one request.
    enum Exchange: Sendable {
        case answer(ProviderAnswer)
        /// No answer; `maybeSent` tells whether the provider may have seen the request.
        case nothing(ProviderFailure, maybeSent: Bool)
    }

    let ports: CallPorts

    /// The longest wait for an answer to a request that takes no effect: giving it up costs nothing, and somebody waits.
    static let harmlessTimeout = Duration.milliseconds(2_500)

    /// Sends one request; never throws.
    func send(
        _ request: ProviderRequest,
        to integration: CallIntegration,
        answerBytesMax: Int = ProviderRequest.answerBytesMax
    ) async -> Exchange {
        let body: [UInt8]
        switch request.body {
        case .none: body = []
        case .bytes(let bytes): body = bytes
        case .content:
            return .nothing(
                ProviderFailure(.rejected, code: "no_content", message: "there is no content to send"),
                maybeSent: false
            )
        }
        do {
            let policy = ports.addressPolicy(integration.allowsPrivate)
            let response = try await ports.upstream.send(
                OutgoingRequest(
                    method: request.method,
                    url: try DestinationURL(request.url, policy: policy),
                    headers: request.headers.map { ($0.name, $0.value) } + [("user-agent", Self.userAgent)],
                    body: body,
                    timeout: timeout(request, integration),
                    responseBytesMax: answerBytesMax,
                    policy: policy
                )
            )
            return .answer(
                ProviderAnswer(
                    status: response.status,
                    headers: response.headers,
                    body: response.body,
                    at: ports.time.now()
                )
            )
        } catch let error as TransportError {
            return .nothing(Self.failure(error), maybeSent: error.requestMayHaveBeenSent)
        } catch let error as DestinationURLError {
            let failure = ProviderFailure(
                .rejected,
                code: error.code,
                message: "the integration's URL is not allowed"
            )
            return .nothing(failure, maybeSent: false)
        } catch {
            let failure = ProviderFailure(
                .unavailable,
                code: "internal",
                message: "the request could not be sent"
            )
            return .nothing(failure, maybeSent: false)
        }
    }

    /// Change lists of calendars are long and have nowhere else to go: they get the provider's own time.
    private func timeout(_ request: ProviderRequest, _ integration: CallIntegration) -> Duration {
        let facts = integration.dialect.facts
        let isPatient =
            request.effect == .takesEffect || request.streamsAnswer
            || facts.operations.contains(.calendarChanges)
        return isPatient ? facts.timeout : min(facts.timeout, Self.harmlessTimeout)
    }

    /// What Usher calls itself.
    static let userAgent = "Usher/0.1"

    private static func failure(_ error: TransportError) -> ProviderFailure {
        switch error {
        case .invalidRequest, .refusedAddress:
            ProviderFailure(.rejected, code: error.code, message: error.description)
        default:
            ProviderFailure(.unavailable, code: error.code, message: error.description)
        }
    }
}
