import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import Signatures

/// The command line's way to HTTP: no redirects, no decompression, certificates always checked.
package final class HTTPControl: Sendable {
    private let client: HTTPClient
    private let timeout: Duration

    /// Opens a client; close it with `shutdown`.
    /// - Parameter timeout: how long one request may take in all.
    package init(timeout: Duration = .seconds(30)) {
        self.timeout = timeout
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            configuration: configuration
        )
    }

    /// Closes every connection.
    package func shutdown() async {
        try? await client.shutdown()
    }

    /// Sends one message.
    package func send(_ message: ControlMessage) async throws(ControlError) -> ControlResponse {
        var request = HTTPClientRequest(url: message.url)
        request.method = HTTPMethod(rawValue: message.method)
        for (name, value) in message.headers { request.headers.add(name: name, value: value) }
        if !message.body.isEmpty { request.body = .bytes(message.body) }
        do {
            let response = try await client.execute(
                request,
                timeout: .nanoseconds(timeout.microseconds * 1_000)
            )
            let body = try await response.body.collect(upTo: ControlClient.responseBytesMax)
            return ControlResponse(
                status: Int(response.status.code),
                headers: Headers(response.headers.map { ($0.name, $0.value) }),
                body: Array(body.readableBytesView)
            )
        } catch {
            throw Self.controlError(error, url: message.url)
        }
    }

    /// Posts a webhook as its provider would; to `url`, which may be another way to the server than its public one.
    package func post(_ webhook: WebhookRequest, to url: String) async throws(ControlError) -> ControlResponse
    {
        let headers = webhook.headers.fields.map { (name: $0.name, value: $0.value) }
        return try await send(
            ControlMessage(method: webhook.method, url: url, headers: headers, body: webhook.body)
        )
    }

    private static func controlError(_ error: any Error, url: String) -> ControlError {
        let base = baseURL(url)
        switch error {
        case is NIOTooManyBytesError: return .answerTooLarge(url: base)
        case is NIOSSLError, is BoringSSLError: return .untrusted(url: base, reason: "\(error)")
        case let error as NIOConnectionError:
            let unresolved = error.connectionErrors.isEmpty && (error.dnsAError ?? error.dnsAAAAError) != nil
            return unresolved ? .unknownHost(url: base) : .notRunning(url: base)
        case let error as IOError where error.errnoCode == ECONNREFUSED: return .notRunning(url: base)
        case let error as HTTPClientError: return controlError(error, base: base)
        default: return .connectionLost(url: base, reason: "\(error)")
        }
    }

    private static func controlError(_ error: HTTPClientError, base: String) -> ControlError {
        switch error {
        case .connectTimeout: .notRunning(url: base)
        case .deadlineExceeded, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            .timedOut(url: base)
        case .invalidURL, .emptyHost, .emptyScheme:
            .invalidAddress(base, reason: error.shortDescription)
        default: .connectionLost(url: base, reason: error.shortDescription)
        }
    }

    /// The URL up to its path: what a person can act on.
    private static func baseURL(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/")
    }
}
