import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The time of one request is up.
struct TimeIsUp: Error {}

extension TransportError {
    /// What a failure of the HTTP client means.
    ///
    /// - Parameter sent: whether the request may have left; without a connection it has not.
    init(cause: any Error, sent: Bool) {
        switch cause {
        case let error as TransportError:
            self = error
        case is TimeIsUp:
            self = .timedOut(sent: sent)
        case is CancellationError:
            self = .cancelled(sent: sent)
        case let error as HTTPClientError:
            self.init(client: error, sent: sent)
        case HTTPParserError.invalidEOFState:
            self = .connectionLost(sent: sent)
        case is HTTPParserError:
            self = .malformedResponse
        case _ where sent:
            self = .connectionLost(sent: true)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            self = .tls(Self.tlsReason(cause))
        case ChannelError.connectTimeout:
            self = .connectFailed("timed out")
        case let error as IOError:
            self = .connectFailed(Self.reason(errno: error.errnoCode))
        default:
            self = .connectionLost(sent: false)
        }
    }

    private init(client error: HTTPClientError, sent: Bool) {
        switch error {
        case .cancelled, .alreadyShutdown, .bodyLengthMismatch: self = .cancelled(sent: sent)
        case .connectTimeout: self = .connectFailed("timed out")
        case .tlsHandshakeTimeout: self = .tls("timed out")
        case .getConnectionFromPoolTimeout: self = .overloaded
        case .deadlineExceeded, .readTimeout, .writeTimeout: self = .timedOut(sent: sent)
        case .invalidURL, .emptyHost, .emptyScheme, .traceRequestWithBody: self = .invalidRequest("the URL")
        default: self = .connectionLost(sent: sent)
        }
    }

    private static func reason(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "refused"
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: "unreachable"
        case ETIMEDOUT: "timed out"
        case ECONNRESET, EPIPE: "reset"
        case EMFILE, ENFILE: "out of file descriptors"
        default: "error \(code)"
        }
    }

    /// A fixed set of texts: what BoringSSL says holds source paths and numbers.
    private static func tlsReason(_ cause: any Error) -> String {
        if let error = cause as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "the certificate is for another name"
        }
        let text = String(describing: cause)
        let reasons = [
            ("CERTIFICATE_VERIFY_FAILED", "the certificate is not trusted"),
            ("unableToValidateCertificate", "the certificate is not trusted"),
            ("PROTOCOL_VERSION", "TLS 1.2 or later is required"),
            ("UNSUPPORTED_PROTOCOL", "TLS 1.2 or later is required"),
            ("WRONG_VERSION_NUMBER", "the destination does not speak TLS"),
            ("HANDSHAKE_FAILURE", "no cipher in common"),
        ]
        return reasons.first { text.contains($0.0) }?.1 ?? "the handshake failed"
    }
}
