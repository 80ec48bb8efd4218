import Domain
import Providers
import Synchronization
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
    ///
    /// - Parameter content: what `.content` bodies are taken from.
    func send(
        _ request: ProviderRequest,
        to integration: CallIntegration,
        content: StoredContent? = nil,
        answerBytesMax: Int = ProviderRequest.answerBytesMax
    ) async -> Exchange {
        let body: [UInt8]
        switch request.body {
        case .none: body = []
        case .bytes(let bytes): body = bytes
        case .content(let prefix, let range, let suffix):
            return await Self.exchange {
                try await upload(request, to: integration, content, prefix, range, suffix)
            }
        }
        if request.streamsAnswer, ports.streaming != nil {
            return await Self.exchange { try await look(request, integration, answerBytesMax) }
        }
        return await Self.exchange {
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
            return ProviderAnswer(
                status: response.status,
                headers: response.headers,
                body: response.body,
                at: ports.time.now()
            )
        }
    }

    /// Why an answer's head did not come.
    struct Unopened: Error {
        let failure: ProviderFailure
    }

    /// Sends a request without a body and returns once the answer's head is there.
    func open(
        _ request: ProviderRequest,
        to integration: CallIntegration,
        over streaming: StreamingUpstream
    ) async throws(Unopened) -> StreamedResponse {
        do {
            return try await streaming.send(try streamed(request, to: integration))
        } catch let error as TransportError {
            throw Unopened(failure: Self.failure(error))
        } catch {
            throw Unopened(failure: Self.unallowed(error))
        }
    }

    private func streamed(
        _ request: ProviderRequest,
        to integration: CallIntegration
    ) throws -> StreamedRequest {
        let policy = ports.addressPolicy(integration.allowsPrivate)
        return StreamedRequest(
            method: request.method,
            url: try DestinationURL(request.url, policy: policy),
            headers: request.headers.map { ($0.name, $0.value) } + [("user-agent", Self.userAgent)],
            body: nil,
            rule: ObjectReader.rule,
            headTimeout: ObjectReader.headTimeout,
            policy: policy
        )
    }

    /// Asks for content and reads nothing of it but the head; of a refusal also the body.
    private func look(
        _ request: ProviderRequest,
        _ integration: CallIntegration,
        _ answerBytesMax: Int
    ) async throws -> ProviderAnswer {
        guard let streaming = ports.streaming else { throw ContentError.system("no streams", 0) }
        let response = try await streaming.send(try streamed(request, to: integration))
        var body: [UInt8] = []
        while !(200...299).contains(response.status), body.count < answerBytesMax,
            let piece = try await response.body.next()
        {
            body += piece.prefix(answerBytesMax - body.count)
        }
        response.body.cancel()
        return ProviderAnswer(
            status: response.status,
            headers: response.headers,
            body: body,
            at: ports.time.now()
        )
    }

    private static func unallowed(_ error: any Error) -> ProviderFailure {
        ProviderFailure(
            .rejected,
            code: (error as? DestinationURLError)?.code ?? "internal",
            message: "the integration's URL is not allowed"
        )
    }

    /// Does one exchange and says what came of it.
    private static func exchange(_ work: () async throws -> ProviderAnswer) async -> Exchange {
        do {
            return .answer(try await work())
        } catch let error as TransportError {
            return .nothing(Self.failure(error), maybeSent: error.requestMayHaveBeenSent)
        } catch let error as ContentError {
            let failure = ProviderFailure(.rejected, code: error.code, message: error.description)
            return .nothing(failure, maybeSent: false)
        } catch let error as DestinationURLError {
            return .nothing(Self.unallowed(error), maybeSent: false)
        } catch {
            let failure = ProviderFailure(
                .unavailable,
                code: "internal",
                message: "the request could not be sent"
            )
            return .nothing(failure, maybeSent: false)
        }
    }

    /// Change lists of calendars are long and have nowhere else to go, and stores put large objects together while one
    /// waits: they get the provider's own time.
    private func timeout(_ request: ProviderRequest, _ integration: CallIntegration) -> Duration {
        let facts = integration.dialect.facts
        let isPatient =
            request.effect == .takesEffect || request.streamsAnswer
            || facts.operations.contains(.calendarChanges)
            || facts.operations.contains(.storageUpload) && request.method == "POST"
        return isPatient ? facts.timeout : min(facts.timeout, Self.harmlessTimeout)
    }

    /// Sends a range of kept content, opened frame by frame while it leaves.
    private func upload(
        _ request: ProviderRequest,
        to integration: CallIntegration,
        _ content: StoredContent?,
        _ prefix: [UInt8],
        _ range: Range<Int64>,
        _ suffix: [UInt8]
    ) async throws -> ProviderAnswer {
        guard let content, let store = ports.content, let streaming = ports.streaming else {
            throw ContentError.system("no content", 0)
        }
        let pieces = try store.pieces(of: content, range)
        let step = Mutex(0)
        let body = StreamedRequest.Body(length: Int64(prefix.count + suffix.count) + Int64(range.count)) {
            if step.withLock({ $0 }) == 0 {
                step.withLock { $0 = 1 }
                if !prefix.isEmpty { return prefix }
            }
            if step.withLock({ $0 }) == 1 {
                if let piece = try await pieces() { return piece }
                step.withLock { $0 = 2 }
                if !suffix.isEmpty { return suffix }
            }
            return nil
        }
        let timeout = integration.dialect.facts.timeout
        let policy = ports.addressPolicy(integration.allowsPrivate)
        let response = try await streaming.send(
            StreamedRequest(
                method: request.method,
                url: try DestinationURL(request.url, policy: policy),
                headers: request.headers.map { ($0.name, $0.value) } + [("user-agent", Self.userAgent)],
                body: body,
                rule: ProgressRule(
                    window: Self.uploadWindow,
                    bytesPerWindowMin: Self.uploadBytesMin,
                    timeMax: timeout
                ),
                headTimeout: timeout,
                policy: policy
            )
        )
        var answer: [UInt8] = []
        while let piece = try await response.body.next() {
            answer += piece.prefix(ProviderRequest.answerBytesMax - answer.count)
            guard answer.count < ProviderRequest.answerBytesMax else { break }
        }
        response.body.cancel()
        return ProviderAnswer(
            status: response.status,
            headers: response.headers,
            body: answer,
            at: ports.time.now()
        )
    }

    /// How long an upload is looked at before it is called too slow.
    static let uploadWindow = Duration.seconds(20)
    /// The least number of bytes that must leave in a window: 64 KiB.
    static let uploadBytesMin = 65_536

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
