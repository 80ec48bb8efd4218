import Domain

/// Takes a destination's URL apart, byte by byte, from left to right.
struct DestinationURLReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func scheme() throws(DestinationURLError) -> DestinationURL.Scheme {
        for scheme in [DestinationURL.Scheme.https, .http] {
            let prefix = Array("\(scheme.rawValue)://".utf8)
            guard bytes.count >= prefix.count, bytes[..<prefix.count].elementsEqual(prefix, by: sameLetter)
            else {
                continue
            }
            position = prefix.count
            return scheme
        }
        throw .scheme
    }

    /// Everything up to the first `/`, `?` or `#`.
    mutating func authority() throws(DestinationURLError) -> (host: DestinationURL.Host, port: Int?) {
        let end = bytes[position...].firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? bytes.count
        let authority = bytes[position..<end]
        position = end
        if authority.contains(0x40) { throw .userInfo }
        if authority.first == 0x5B {
            guard let close = authority.firstIndex(of: 0x5D) else { throw .host }
            let literal = Array(authority[(authority.startIndex + 1)..<close])
            guard literal.contains(0x3A), let address = IPAddress(literal) else { throw .host }
            return (.address(address), try port(authority[(close + 1)...]))
        }
        let colon = authority.firstIndex(of: 0x3A) ?? authority.endIndex
        return (try host(authority[..<colon]), try port(authority[colon...]))
    }

    /// The rest; `/` when there is no path.
    mutating func pathAndQuery() throws(DestinationURLError) -> String {
        var rest = Array(bytes[position...])
        if rest.first != 0x2F { rest.insert(0x2F, at: 0) }
        if rest.contains(0x23) { throw .fragment }
        for (index, byte) in rest.enumerated() {
            if byte == 0x25 {
                guard index + 2 < rest.count, isHexDigit(rest[index + 1]), isHexDigit(rest[index + 2]) else {
                    throw .path
                }
            } else if !isPathOrQuery(byte) {
                throw .path
            }
        }
        return String(decoding: rest, as: UTF8.self)
    }

    /// A literal IPv4 address or a name of LDH labels (RFC 1123 section 2.1).
    private func host(_ bytes: ArraySlice<UInt8>) throws(DestinationURLError) -> DestinationURL.Host {
        if let address = IPAddress(Array(bytes)) { return .address(address) }
        let labels = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        // A last label that starts with a digit is some spelling of a number to `getaddrinfo`, and no top-level domain.
        guard bytes.count <= 253, labels.allSatisfy(isLabel), let last = labels.last?.first, !isDigit(last)
        else {
            throw .host
        }
        return .name(lowercasedASCII(String(decoding: bytes, as: UTF8.self)))
    }

    /// Nothing, or `:` and a number without leading zeros.
    private func port(_ bytes: ArraySlice<UInt8>) throws(DestinationURLError) -> Int? {
        guard let colon = bytes.first else { return nil }
        let digits = bytes.dropFirst()
        guard colon == 0x3A else { throw .host }
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit), digits.first != 0x30 else {
            throw .port
        }
        let port = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard port <= 65_535 else { throw .port }
        return port
    }
}

private func sameLetter(_ byte: UInt8, _ lowercase: UInt8) -> Bool {
    byte == lowercase || (0x41...0x5A).contains(byte) && byte | 0x20 == lowercase
}

private func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte)
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
}

private func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
}

private func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
    (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
        && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2D }
}

/// What RFC 3986 allows in a path or a query besides percent escapes.
private func isPathOrQuery(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "/?:@!$&'()*+,;=-._~".utf8.contains(byte)
}
