import Domain
import HTTPAPI

/// What every answer of the dashboard tells the browser to refuse.
enum SecurityHeaders {
    /// Nothing but our own, and nobody frames us.
    static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    ].joined(separator: "; ")

    /// The server adds `x-content-type-options`, and `cache-control: no-store` where nothing else is said.
    static func add(to response: inout APIResponse) {
        response.headers.append(lowercaseName: "content-security-policy", value: contentSecurityPolicy)
        // With `no-referrer` browsers would send forms with `Origin: null`.
        response.headers.append(lowercaseName: "referrer-policy", value: "same-origin")
        response.headers.append(lowercaseName: "cross-origin-opener-policy", value: "same-origin")
        response.headers.append(lowercaseName: "cross-origin-resource-policy", value: "same-origin")
    }
}
