package import Access
import Domain
import Transport

/// The cookie that carries a session: `HttpOnly`, for this origin only, never sent along from elsewhere.
///
/// | reached over | name | attributes |
/// |---|---|---|
/// | https, here or at a trusted proxy | `__Host-usher` | `Path=/; HttpOnly; SameSite=Strict; Secure` |
/// | http | `usher_session` | the same without `Secure` |
///
/// The prefix `__Host-` keeps other hosts of a domain from setting it.
package enum SessionCookie {
    /// The token a request carries; nil without one that looks like one, or with two.
    package static func token(in request: APIRequest, isSecure: Bool) -> SessionToken? {
        let values = Self.values(request, name(isSecure: isSecure))
        return values.count == 1 ? SessionToken(values[0]) : nil
    }

    /// The value of `set-cookie` that keeps a token.
    package static func set(_ token: SessionToken, isSecure: Bool, seconds: Int64) -> String {
        field(token.shown, isSecure: isSecure, seconds: seconds)
    }

    /// The value of `set-cookie` that forgets it.
    package static func clear(isSecure: Bool) -> String {
        field("", isSecure: isSecure, seconds: 0)
    }

    /// The values of a cookie in a request.
    package static func values(_ request: APIRequest, _ name: String) -> [String] {
        request.headers.values("cookie").flatMap { $0.split(separator: ";") }.compactMap { pair in
            let pair = pair.drop { $0 == " " }
            guard pair.utf8.starts(with: name.utf8), pair.dropFirst(name.utf8.count).first == "=" else {
                return nil
            }
            return String(pair.dropFirst(name.utf8.count + 1))
        }
    }

    private static func name(isSecure: Bool) -> String { isSecure ? "__Host-usher" : "usher_session" }

    private static func field(_ value: String, isSecure: Bool, seconds: Int64) -> String {
        "\(name(isSecure: isSecure))=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }
}

extension APIRequest {
    /// Whether a page of ours sent it, as the browser says; a request of a program says nothing, and is none.
    ///
    /// `Sec-Fetch-Site` decides where it is sent (https and localhost), else `Origin` against `Host`. Without both,
    /// only a safe method may pass: browsers send `Origin` with every form.
    package var isSameOrigin: Bool {
        if let site = headers.first("sec-fetch-site") { return site == "same-origin" }
        if let origin = headers.first("origin") {
            guard let host = headers.first("host"), let scheme = origin.firstRange(of: "://") else {
                return false
            }
            return origin[scheme.upperBound...].utf8.elementsEqual(host.utf8)
        }
        return method == .get || method == .head
    }
}

extension TrustedProxies {
    /// Whom failed attempts are counted against: the client behind the proxies, or the peer when it cannot be told.
    package func network(of request: APIRequest) -> ClientNetwork {
        let client = client(peer: request.clientAddress, headers: request.headers)
        return ClientNetwork(address: client?.description ?? request.clientAddress)
    }

    /// Whether the browser reached us over TLS: here, or at the innermost trusted proxy, as it says.
    package func isSecure(_ request: APIRequest) -> Bool {
        if request.isSecure { return true }
        guard hops > 0 else { return false }
        let last = request.headers.values("x-forwarded-proto").joined(separator: ",").split(separator: ",")
            .last
        return last.map { $0.filter { $0 != " " } == "https" } ?? false
    }
}
