/// Which name the first certificate of a chain must be made out to.
///
/// A name fits when it is `start` and `end`, with nothing or one more label between them.
///
/// | rule | fits | does not fit |
/// |---|---|---|
/// | `sns`, `.amazonaws.com` | `sns.amazonaws.com`, `sns.eu-west-1.amazonaws.com` | `sns.a.b.amazonaws.com`, `snsx.amazonaws.com` |
package struct CertificateNameRule: Hashable, Sendable {
    /// What the name starts with.
    package let start: String
    /// What it may end with; each begins with a dot.
    package let ends: [String]

    /// Makes a rule.
    package init(start: String, ends: [String]) {
        self.start = start
        self.ends = ends
    }

    /// Whether `name` fits; letters count without case.
    package func fits(_ name: String) -> Bool {
        let name = Array(name.utf8.map(lowercase))
        return ends.contains { end in
            guard name.count >= start.utf8.count + end.utf8.count, name.starts(with: start.utf8),
                name.reversed().starts(with: end.utf8.reversed())
            else { return false }
            let middle = name[start.utf8.count..<(name.count - end.utf8.count)]
            guard let dot = middle.first else { return true }
            return dot == UInt8(ascii: ".") && middle.count > 1 && middle.dropFirst().allSatisfy(isLabelByte)
        }
    }
}

/// A certificate that a request names, at an address which is the provider's own: it may be fetched.
package struct CertificateReference: Hashable, Sendable {
    /// Where it lies: `https`, a host of the provider, no port, no user.
    package let url: String
    /// Whose it must be.
    package let name: CertificateNameRule

    /// Names a certificate; the scheme has checked the address.
    package init(url: String, name: CertificateNameRule) {
        self.url = url
        self.name = name
    }
}

/// Takes `https://host/rest` apart, byte by byte: no user, no port, no repairs.
struct PinnedURL {
    /// The host in lower case.
    let host: [UInt8]
    /// What follows the host, with its slash.
    let rest: ArraySlice<UInt8>

    /// The longest URL, in bytes.
    static let bytesMax = 2_048

    /// Reads `text`; nil unless scheme, host and the slash behind it stand there plainly, in printable ASCII.
    init?(_ text: [UInt8]) {
        let scheme = Array("https://".utf8)
        guard text.count <= Self.bytesMax, text.starts(with: scheme),
            text.allSatisfy({
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#")
            }),
            let slash = text.dropFirst(scheme.count).firstIndex(of: UInt8(ascii: "/"))
        else { return nil }
        host = text[scheme.count..<slash].map(lowercase)
        rest = text[slash...]
        guard host.allSatisfy({ isLabelByte($0) || $0 == UInt8(ascii: ".") }) else { return nil }
    }
}

/// Whether a byte, in lower case, may stand in a label of a host's name.
func isLabelByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"): true
    default: false
    }
}

private func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}
