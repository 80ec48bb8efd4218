import Domain

/// The handshake of a WebSocket, as far as its fields tell (RFC 6455 section 4.2.1).
enum SocketHandshake {
    /// The `Sec-WebSocket-Key` of a right handshake.
    ///
    /// - Parameter ownOrigin: the origin of the configured public URL.
    /// - Throws: 426 for what is no handshake, 400 for a broken one, 403 for one that a page of another origin has made with
    ///   its visitor's cookie.
    static func key(of request: APIRequest, ownOrigin: String) throws(Problem) -> String {
        let headers = request.headers
        guard request.method == .get, has("websocket", in: headers.values("upgrade")),
            has("upgrade", in: headers.values("connection")),
            headers.values("sec-websocket-version") == ["13"]
        else { throw .upgradeRequired }
        let keys = headers.values("sec-websocket-key")
        guard keys.count == 1, let key = keys.first, Base64.decode(key)?.count == 16 else {
            throw .badRequest("invalid-handshake", "Send one Sec-WebSocket-Key: 16 bytes in base64.")
        }
        // A key is sent on purpose; a cookie goes with whatever a page asks for.
        if headers.first("authorization") == nil { try checkOrigin(headers, ownOrigin) }
        return key
    }

    private static func checkOrigin(_ headers: Headers, _ ownOrigin: String) throws(Problem) {
        let origins = headers.values("origin")
        guard origins.count == 1, let origin = origins.first else { throw .foreignOrigin }
        if lowercasedASCII(origin).utf8.elementsEqual(lowercasedASCII(ownOrigin).utf8) { return }
        guard let host = headers.first("host"), !host.isEmpty,
            ["http://", "https://"].contains(where: {
                lowercasedASCII(origin).utf8.elementsEqual(($0 + lowercasedASCII(host)).utf8)
            })
        else { throw .foreignOrigin }
    }

    private static func has(_ token: String, in values: [String]) -> Bool {
        values.contains { value in
            lowercasedASCII(value).utf8.split(separator: UInt8(ascii: ",")).contains {
                $0.filter { $0 != 0x20 && $0 != 0x09 }.elementsEqual(token.utf8)
            }
        }
    }

    /// The origin of a URL: scheme, host and port.
    static func origin(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count >= 3 ? "\(parts[0])//\(parts[2])" : url
    }
}

extension Problem {
    /// 426: this path speaks WebSocket only.
    fileprivate static let upgradeRequired = Problem(
        status: 426,
        code: "upgrade-required",
        title: "This is a WebSocket.",
        detail: "Send the handshake of RFC 6455, version 13; or read /api/stream.",
        headers: Headers([("upgrade", "websocket"), ("sec-websocket-version", "13")])
    )

    /// 403: a page of another origin wants to read with its visitor's session.
    fileprivate static let foreignOrigin = Problem(
        status: 403,
        code: "foreign-origin",
        title: "Only pages of this server may use a session here."
    )
}
