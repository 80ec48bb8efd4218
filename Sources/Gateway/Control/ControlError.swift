/// Why the command line could not do what it was asked to, and what the person can do about it.
package enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is not an address of a server; says why.
    case invalidAddress(String, reason: String)
    /// A key would travel unencrypted to another machine.
    case unprotectedKey(url: String)
    /// Nothing listens there.
    case notRunning(url: String)
    /// The host's name leads nowhere.
    case unknownHost(url: String)
    /// The server's certificate is not trusted; says why.
    case untrusted(url: String, reason: String)
    /// No answer in time.
    case timedOut(url: String)
    /// The connection broke; says how.
    case connectionLost(url: String, reason: String)
    /// What answered is not Usher, or the answer cannot be read.
    case notUsher(url: String, status: Int)
    /// The answer is larger than `ControlClient.responseBytesMax`.
    case answerTooLarge(url: String)
    /// 401: no key was given, or it is not accepted.
    case unauthorized(keyGiven: Bool)
    /// The server refused; its problem document's status, code and text.
    case refused(status: Int, code: String, text: String, details: [String], retryAfterSeconds: Int?)

    /// A stable word for the kind of error.
    package var code: String {
        switch self {
        case .invalidAddress: "invalid_address"
        case .unprotectedKey: "unprotected_key"
        case .notRunning: "not_running"
        case .unknownHost: "unknown_host"
        case .untrusted: "untrusted"
        case .timedOut: "timed_out"
        case .connectionLost: "connection_lost"
        case .notUsher: "not_usher"
        case .answerTooLarge: "answer_too_large"
        case .unauthorized: "unauthorized"
        case .refused(_, let code, _, _, _): code
        }
    }

    package var description: String {
        switch self {
        case .invalidAddress(let text, let reason):
            "\(text) is not the address of a server: \(reason); write for example http://127.0.0.1:8080"
        case .unprotectedKey(let url):
            "\(url) is another machine and not https: the API key would travel unencrypted; use its https address, "
                + "or pass --plain-http when the network between is yours"
        case .notRunning(let url):
            "nothing answers at \(url): start the server with `usher serve` (or `usher demo`), or give its address "
                + "with --url or USHER_URL"
        case .unknownHost(let url):
            "the host of \(url) is not known here: check --url or USHER_URL"
        case .untrusted(let url, let reason):
            "the certificate of \(url) is not trusted (\(reason)): install its authority on this machine, or check "
                + "the address"
        case .timedOut(let url):
            "\(url) did not answer in time: see its log, or run `usher doctor` on its machine"
        case .connectionLost(let url, let reason):
            "the connection to \(url) broke (\(reason)): try again"
        case .notUsher(let url, let status):
            "what answers at \(url) (status \(status)) does not speak Usher's API: check --url or USHER_URL"
        case .answerTooLarge(let url):
            "the answer of \(url) is larger than \(ControlClient.responseBytesMax) bytes: ask for less with --limit"
        case .unauthorized(let keyGiven):
            keyGiven
                ? "the server does not accept this API key: it may be revoked, expired or of another server; set "
                    + "USHER_API_KEY or pass --key"
                : "the server wants an API key: set USHER_API_KEY or pass --key (the first one was printed when the "
                    + "server first started)"
        case .refused(status: 404, _, _, _, _):
            "the server knows nothing of that name or id, or this key may not see it"
        case .refused(let status, let code, let text, let details, let retryAfterSeconds):
            (["\(text) (\(status) \(code))"] + details).joined(separator: "\n  ")
                + (retryAfterSeconds.map { "\n  try again in \($0) s" } ?? "")
        }
    }
}
