package import Domain
package import Providers

/// What goes on and what does not when a request passes through the proxy: pure.
package enum ProxyRules {
    /// The most bytes of a body that is read before it goes on, to find the idempotency key in it: 64 KiB.
    package static let readBodyBytesMax = 65_536

    // MARK: Paths

    /// Whether a path, percent-encoded, can be appended to a base URL and stays below it, whoever decodes it.
    ///
    /// Refused are `.` and `..` in every spelling (`%2e`, behind `%2f` or `%5c`, before `;`), `//`, broken escapes, and
    /// escapes that hide control characters or bytes that are not UTF-8. What is left passes unchanged.
    ///
    /// - Parameter keepsEmptySegments: whether `//` is a path like any other, but at its beginning.
    package static func isSafe(path: String, keepsEmptySegments: Bool = false) -> Bool {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy(isPlain) else { return false }
        let segments = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        )
        let whole = keepsEmptySegments ? segments.dropLast().prefix(1) : segments.dropLast()
        guard whole.allSatisfy({ !$0.isEmpty }) else { return false }
        return segments.allSatisfy { segment in
            guard let decoded = decode(segment) else { return false }
            return decoded.split(omittingEmptySubsequences: false) { $0 == 0x2F || $0 == 0x5C }
                .allSatisfy { part in
                    let name = part.prefix { $0 != UInt8(ascii: ";") }
                    return !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
                }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x5C && byte != 0x23 && byte != 0x3F
    }

    /// The bytes a segment stands for; nil for a broken escape, a control character or what is not UTF-8.
    private static func decode(_ segment: Substring.UTF8View.SubSequence) -> [UInt8]? {
        var decoded: [UInt8] = []
        var rest = segment.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: decoded, as: UTF8.self) == nil ? nil : decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    // MARK: Fields

    /// Fields between two neighbours (RFC 9110 section 7.6.1), and those that frame a message.
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade", "expect", "host", "content-length", "http2-settings",
    ]
    /// What tells who the caller is, to Usher or on the way to it.
    private static let callers: Set<String> = [
        "authorization", "cookie", "forwarded", "via", "x-real-ip",
    ]
    /// What a provider says about its own host, or what Usher says itself.
    private static let providers: Set<String> = [
        "set-cookie", "date", "strict-transport-security", "alt-svc", "clear-site-data", "public-key-pins",
        "content-security-policy", "x-content-type-options", "via",
    ]

    /// The fields of a request that go on to the provider.
    package static func forwarded(_ headers: Headers) -> [Headers.Field] {
        let named = connectionOptions(headers)
        return headers.fields.filter { field in
            !hopByHop.contains(field.name) && !callers.contains(field.name) && !named.contains(field.name)
                && !starts(field.name, "usher-") && !starts(field.name, "x-forwarded-")
                && !starts(field.name, "proxy-") && !holdsKey(field.value)
        }
    }

    /// The fields of an answer that go back to the caller; none of them repeats the credential.
    package static func returned(_ headers: Headers, _ account: IntegrationAccount) -> [Headers.Field] {
        let named = connectionOptions(headers)
        let secrets = account.unrepeatable
        return headers.fields.filter { field in
            !hopByHop.contains(field.name) && !providers.contains(field.name) && !named.contains(field.name)
                && !starts(field.name, "usher-") && !starts(field.name, "access-control-")
                && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                && !holds(field.value, secrets)
        }
    }

    /// Whether a text holds an API key of Usher's.
    package static func holdsKey(_ text: String) -> Bool {
        Array(text.utf8).holds(keyMark)
    }

    private static let keyMark = Array("ushk_".utf8)

    private static func holds(_ text: String, _ secrets: [[UInt8]]) -> Bool {
        let bytes = Array(text.utf8)
        return secrets.contains { bytes.holds($0) }
    }

    private static func connectionOptions(_ headers: Headers) -> Set<String> {
        let options = headers.values("connection").flatMap {
            $0.utf8.split { $0 == 0x2C || $0 == 0x20 || $0 == 0x09 }
        }
        return Set(options.map { lowercasedASCII(String(Substring($0))) })
    }

    private static func starts(_ name: String, _ prefix: String) -> Bool {
        name.utf8.starts(with: prefix.utf8)
    }

    /// Asks for the version that Usher knows, whatever the SDK asked for; gives it, nil where no field carries it.
    package static func pin(_ request: inout ProxiedRequest, _ facts: ProviderFacts) -> String? {
        guard let header = facts.versionHeader, !facts.apiVersion.isEmpty else { return nil }
        request.set(header, facts.apiVersion)
        return facts.apiVersion
    }

    // MARK: Repeating

    /// Whether a method changes nothing (RFC 9110 section 9.2.1; RFC 4918, RFC 3253).
    package static func isSafe(method: String) -> Bool {
        ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"].contains { $0.utf8.elementsEqual(method.utf8) }
    }

    /// Where a request's idempotency key stands.
    package enum KeyPlace: Hashable, Sendable {
        /// Among the fields.
        case header
        /// Perhaps in the JSON body, under this name.
        case body(String)
        /// Nowhere.
        case none
    }

    /// Where a writing request's idempotency key stands, by the provider's contract.
    package static func key(of request: ProxiedRequest, _ contract: IdempotencyContract) -> KeyPlace {
        guard !isSafe(method: request.method) else { return .none }
        switch contract {
        case .header(let name, _):
            return request.headers.contains { $0.name == name && !$0.value.isEmpty } ? .header : .none
        case .body(let name, _): return .body(name)
        case .ownName, .none: return .none
        }
    }

    /// Whether a JSON body has a text under `name`.
    package static func hasKey(_ body: [UInt8], _ name: String) -> Bool {
        guard let json = try? JSONParser.parse(body), let key = json[name]?.string else { return false }
        return !key.isEmpty
    }

    /// How urgent a request is when its caller does not say: as `CallPriority`, for operations Usher does not know.
    package static func priority(method: String, _ moment: WeddingMoment?) -> Priority {
        let isNow = moment?.phase == .eve || moment?.phase == .day
        if isSafe(method: method) { return isNow ? .high : .normal }
        if isNow { return .critical }
        return moment?.phase == .finalWeek ? .high : .normal
    }
}
