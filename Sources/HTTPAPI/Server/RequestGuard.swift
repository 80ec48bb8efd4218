import Domain

/// The rules every head must keep, whatever its path: pure, and before a byte of the body is read.
///
/// What NIO's parser (llhttp, strict) refuses already never gets here: both or two lengths, chunked twice, folded
/// or bare-LF lines, control characters, raw non-ASCII targets.
package enum RequestGuard {
    /// Checks a head.
    package static func check(_ head: RequestHead) throws(Problem) -> AcceptedHead {
        let fields = try Fields(head.headers)
        guard let method = RequestMethod(rawValue: head.method), !fields.overridesMethod else {
            throw .methodNotAllowed(allow: ownMethods)
        }
        let authority = try host(fields, minorVersion: head.minorVersion)
        let target = try originForm(head.target, authority: authority)
        let isProxied = ProxyPath.isOne(target)
        guard method.isOwn || isProxied else { throw .methodNotAllowed(allow: ownMethods) }
        let (path, query) = isProxied ? try proxied(target) : try split(target)
        try checkFraming(fields, minorVersion: head.minorVersion, isProxied: isProxied)
        return AcceptedHead(
            method: method,
            path: path,
            query: query,
            headers: head.headers,
            contentLength: try length(fields),
            expectsContinue: try expectsContinue(fields) && head.minorVersion > 0,
            keepsAlive: keepsAlive(fields, minorVersion: head.minorVersion),
            minorVersion: head.minorVersion
        )
    }

    private static let ownMethods = RequestMethod.allCases.filter(\.isOwn).map(\.rawValue)
        .joined(separator: ", ")

    /// The fields that decide about the message itself, picked in one pass.
    private struct Fields {
        var hosts = 0
        var host = ""
        var contentLength: String?
        var transferEncoding: String?
        var contentEncoding: String?
        var expect: String?
        var connection = ""
        var upgrades = false
        var overridesMethod = false

        init(_ headers: Headers) throws(Problem) {
            for field in headers.fields {
                switch field.name {
                case "host":
                    hosts += 1
                    host = field.value
                case "content-length":
                    guard contentLength == nil else {
                        throw .badRequest("invalid-length", "The field content-length is there twice.")
                    }
                    contentLength = field.value
                case "transfer-encoding":
                    guard transferEncoding == nil else {
                        throw .badRequest("invalid-framing", "The field transfer-encoding is there twice.")
                    }
                    transferEncoding = field.value
                case "content-encoding":
                    contentEncoding = contentEncoding.map { $0 + "," + field.value } ?? field.value
                case "expect":
                    expect = expect.map { $0 + "," + field.value } ?? field.value
                case "connection":
                    connection += "," + field.value
                case "upgrade":
                    upgrades = true
                case "x-http-method-override", "x-http-method", "x-method-override":
                    overridesMethod = true
                default:
                    break
                }
                guard isASCII(field.value) || !isSecurityField(field.name) else {
                    throw .badRequest(
                        "invalid-field",
                        "The field \(field.name) holds bytes that are not ASCII."
                    )
                }
            }
        }
    }

    /// Fields that decide who is speaking, to whom, or where a message ends: their values must be plain ASCII.
    ///
    /// Others may hold anything (a proxy's city names do). NIO gives bytes that are not UTF-8 as U+FFFD, so two
    /// different values could become equal: unacceptable for these.
    package static func isSecurityField(_ name: String) -> Bool {
        switch name {
        case "host", "authorization", "proxy-authorization", "cookie", "content-length", "content-type",
            "content-encoding", "transfer-encoding", "expect", "connection", "upgrade", "te", "trailer",
            "origin",
            "forwarded", "idempotency-key", "if-match", "digest", "date":
            true
        default:
            name.utf8.starts(with: "webhook-".utf8) || name.utf8.starts(with: "x-forwarded-".utf8)
                || name.utf8.starts(with: "sec-".utf8) || holds(name, "sign") || holds(name, "hmac")
                || holds(name, "token") || holds(name, "timestamp") || holds(name, "key")
        }
    }

    /// Whether `word` stands somewhere in `name`, as bytes.
    private static func holds(_ name: String, _ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        var name = name.utf8[...]
        while name.count >= length {
            if unsafe name.starts(with: UnsafeBufferPointer(start: word.utf8Start, count: length)) {
                return true
            }
            name.removeFirst()
        }
        return false
    }

    private static func isASCII(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x80 }
    }
}

// MARK: - Host and target

extension RequestGuard {
    /// RFC 9112 section 3.2: HTTP/1.1 names its host exactly once; HTTP/1.0 may leave it out.
    private static func host(_ fields: Fields, minorVersion: Int) throws(Problem) -> String {
        if fields.hosts == 0, minorVersion == 0 { return "" }
        guard fields.hosts == 1 else {
            throw .badRequest("invalid-host", "A request names its host exactly once.")
        }
        let allowed = fields.host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
                UInt8(ascii: "["),
                UInt8(ascii: "]"):
                true
            default: false
            }
        }
        guard allowed, !fields.host.isEmpty else {
            throw .badRequest("invalid-host", "The host holds characters that no host has.")
        }
        return fields.host
    }

    /// The target as path and query; an absolute form (RFC 9112 section 3.2.2) must name the host that `Host` names.
    private static func originForm(_ target: String, authority: String) throws(Problem) -> Substring {
        if target.utf8.first == UInt8(ascii: "/") { return target[...] }
        let lowered = lowercasedASCII(target)
        for scheme in ["http://", "https://"] where lowered.utf8.starts(with: scheme.utf8) {
            let rest = target.utf8.dropFirst(scheme.utf8.count)
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard lowercasedASCII(String(target[rest.startIndex..<end])) == lowercasedASCII(authority) else {
                throw .misdirected
            }
            guard end != rest.endIndex else { return "/" }
            return target[end...]
        }
        throw .badRequest("invalid-target", "The request target must be a path.")
    }

    private static func split(_ target: Substring) throws(Problem) -> (String, Query) {
        let bytes = target.utf8
        guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else {
            return (try canonicalPath(target), Query())
        }
        let path = try canonicalPath(target[..<mark])
        do {
            return (path, try Query(target[bytes.index(after: mark)...]))
        } catch {
            throw .badQuery(error)
        }
    }

    /// What the proxy passes on: the query unread, the path as it was sent, which stays below where it is put.
    private static func proxied(_ target: Substring) throws(Problem) -> (String, Query) {
        let bytes = target.utf8
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        guard let path = ProxyPath(target[..<mark]), path.isSafe else {
            throw .badRequest("path-invalid", "The path has '.', '..', '//' or a broken escape in it.")
        }
        return (String(target[..<mark]), Query(unread: target[mark...].dropFirst()))
    }

    /// Refuses paths that could be read in two ways, so that no two spellings reach one handler.
    ///
    /// 400 for bytes no path holds; 404 for `//`, `;`, `.` and `..` segments, a trailing slash, and escapes that are
    /// broken or hide what need not be escaped, a control character, a slash or bytes that are not UTF-8.
    static func canonicalPath(_ path: Substring) throws(Problem) -> String {
        guard path.utf8.first == UInt8(ascii: "/"),
            path.utf8.allSatisfy({
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#")
            })
        else { throw .badRequest("invalid-target", "The path holds bytes that no path has.") }
        guard path.utf8.count > 1 else { return "/" }
        for segment in path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ) {
            guard isCanonical(segment) else { throw .notFound }
        }
        return String(path)
    }

    private static func isCanonical(_ segment: Substring.UTF8View.SubSequence) -> Bool {
        guard !segment.isEmpty, !segment.contains(UInt8(ascii: ";")), !segment.elementsEqual(".".utf8),
            !segment.elementsEqual("..".utf8)
        else { return false }
        guard segment.contains(UInt8(ascii: "%")) else { return true }
        return PercentEncoding.decode(segment) != nil && hasOnlyNeededEscapes(segment)
    }

    /// Whether every escape stands for something that needs one, in upper-case digits, and hides no separator.
    private static func hasOnlyNeededEscapes(_ segment: Substring.UTF8View.SubSequence) -> Bool {
        var rest = segment
        while let mark = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[rest.index(after: mark)...]
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ $0 < 0x61 }) else { return false }
            switch digits.reduce(0, { $0 << 4 | (PercentEncoding.hexDigit($1) ?? 0) }) {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return false
            case let byte where "-._~/\\%;".utf8.contains(byte): return false
            default: break
            }
        }
        return true
    }
}

// MARK: - Framing and connection

extension RequestGuard {
    private static func checkFraming(
        _ fields: Fields,
        minorVersion: Int,
        isProxied: Bool
    ) throws(Problem) {
        if let encoding = fields.transferEncoding {
            guard lowercasedASCII(encoding) == "chunked", minorVersion > 0, fields.contentLength == nil else {
                throw .badRequest(
                    "invalid-framing",
                    "The only transfer coding is 'chunked', alone, in HTTP/1.1."
                )
            }
        }
        if !isProxied, let encoding = fields.contentEncoding, lowercasedASCII(encoding) != "identity" {
            throw .unsupportedMedia("Send the body without a content encoding.")
        }
    }

    private static func length(_ fields: Fields) throws(Problem) -> Int? {
        guard fields.transferEncoding == nil else { return nil }
        guard let text = fields.contentLength else { return 0 }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
        else {
            throw .badRequest("invalid-length", "The field content-length is not a number.")
        }
        return length
    }

    private static func expectsContinue(_ fields: Fields) throws(Problem) -> Bool {
        guard let expect = fields.expect else { return false }
        guard lowercasedASCII(expect) == "100-continue" else { throw .expectationFailed }
        return true
    }

    /// The parser reads nothing after a request with `Upgrade` (RFC 9110 section 7.8), and we upgrade to nothing:
    /// such a connection ends with its answer.
    private static func keepsAlive(_ fields: Fields, minorVersion: Int) -> Bool {
        guard !fields.upgrades else { return false }
        if fields.connection.isEmpty { return minorVersion > 0 }
        let options = lowercasedASCII(fields.connection).utf8.split { $0 == UInt8(ascii: ",") || $0 == 0x20 }
        if options.contains(where: { $0.elementsEqual("close".utf8) }) { return false }
        return minorVersion > 0 || options.contains { $0.elementsEqual("keep-alive".utf8) }
    }
}
