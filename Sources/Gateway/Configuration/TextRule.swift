import Domain
import Registry
import Storage
import Transport

/// What the texts of a configuration must look like: each rule gives nil, or a sentence that says what would be right.
enum TextRule {
    /// `HOST:PORT`.
    static func listen(_ text: String) -> String? {
        ListenAddress(text) == nil ? "must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080" : nil
    }

    /// An `http` or `https` URL with nothing behind its path, and no `/` at the end.
    static func publicURL(_ text: String) -> String? {
        if let problem = url(text) { return problem }
        if text.hasSuffix("/") { return "must not end in `/`" }
        return text.utf8.contains { $0 == 0x3F || $0 == 0x23 } ? "must not have a query or a fragment" : nil
    }

    /// An `http` or `https` URL; whether it may be called is decided by the rules of outgoing addresses.
    static func url(_ text: String) -> String? {
        let right = "must be a URL such as https://hooks.example.com/usher"
        for scheme in ["https://", "http://"] where text.utf8.starts(with: scheme.utf8) {
            let rest = text.utf8.dropFirst(scheme.utf8.count)
            let isVisible = rest.allSatisfy { (0x21...0x7E).contains($0) }
            guard let first = rest.first, isVisible, ![0x2F, 0x3A, 0x3F, 0x23].contains(first) else {
                return right
            }
            return nil
        }
        return right
    }

    /// `sqlite:PATH`, `postgres://…`, or where such a URL is.
    static func database(_ text: String) -> String? {
        if DatabaseLocation(text) != nil { return nil }
        if text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") {
            return "must be a URL such as postgres://user:password@host:5432/database?sslmode=require; "
                + "in a password, write @ : / ? # % as %40 %3A %2F %3F %23 %25"
        }
        return
            "must be sqlite:PATH, such as sqlite:./usher-data/usher.db, or postgres://user:password@host/database, "
            + "or env:NAME or file:PATH where that URL is"
    }

    /// `file:PATH` or `env:NAME`.
    static func rootKey(_ text: String) -> String? {
        if RootKeyLocation(text) != nil { return nil }
        return "must be file:PATH or env:NAME; the key itself never stands in this file"
    }

    /// A path of a file.
    static func path(_ text: String) -> String? {
        text.utf8.contains(0) ? "must be a path" : nil
    }

    /// The name of a source, a destination, an integration, a vendor or a provider.
    static func name(_ text: String) -> String? {
        ResourceName(text) == nil
            ? "must be 1 to \(ResourceName.lengthMax) of a-z, 0-9 and `-`, a letter first and no `-` last"
            : nil
    }

    /// A secret, or where to read it.
    static func secret(_ text: String) -> String? {
        switch SecretReference(text) {
        case .environment(let name):
            isVariableName(name)
                ? nil : "must name an environment variable behind `env:`, such as env:APP_SECRET"
        case .file(let path):
            path.isEmpty ? "must have a path behind `file:`" : self.path(path)
        case .value(let secret):
            secret.bytes.count < Secret.bytesMin
                ? "must have \(Secret.bytesMin) bytes or more, or say where it is: env:NAME or file:PATH"
                : nil
        }
    }

    /// A URL, or where to read it: one that is a secret by itself.
    static func secretURL(_ text: String) -> String? {
        switch SecretReference(text) {
        case .environment, .file: secret(text)
        case .value: url(text)
        }
    }

    /// How somebody can be found: `mailto:` and an address, or an `https` URL.
    static func contact(_ text: String) -> String? {
        let isOne = text.hasPrefix("mailto:") && text.contains("@") || text.hasPrefix("https://")
        return isOne ? nil : "must be such as mailto:ops@example.com or https://example.com/contact"
    }

    /// A value of a credential, or where to read it; how long it must be its provider knows.
    static func credential(_ text: String) -> String? {
        if case .value = SecretReference(text) { return nil }
        return secret(text)
    }

    /// `*`, `prefix.*` or a whole event type.
    static func eventPattern(_ text: String) -> String? {
        EventPattern(text) == nil
            ? "must be `*`, a prefix such as `payment_intent.*`, or a whole event type" : nil
    }

    /// An address, or a prefix with its length.
    static func addressRange(_ text: String) -> String? {
        AddressRange(text) == nil
            ? "must be an address, or a prefix whose other bits are zero: 192.0.2.0/24, 2001:db8::/32" : nil
    }

    /// A letter or `_`, then letters, digits and `_`.
    static func isVariableName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true  // 0-9 A-Z a-z _
            default: false
            }
        }
    }
}

extension DatabaseLocation {
    /// Reads `sqlite:PATH`, `postgres://…`, `env:NAME` or `file:PATH`; nil when it is something else.
    package init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        if text.hasPrefix("sqlite:"), text.utf8.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if let address = try? PostgreSQLAddress(text) {
            self = .postgres(address)
        } else {
            let reference = SecretReference(text)
            switch reference {
            case .environment(let name) where TextRule.isVariableName(name): self = .reference(reference)
            case .file(let path) where !path.isEmpty: self = .reference(reference)
            default: return nil
            }
        }
    }
}

extension RootKeyLocation {
    /// Reads `file:PATH` or `env:NAME`; nil when it is something else.
    package init?(_ text: String) {
        switch SecretReference(text) {
        case .file(let path) where !path.isEmpty && !path.utf8.contains(0):
            self = .file(path: path)
        case .environment(let name) where TextRule.isVariableName(name):
            self = .environment(name: name)
        default:
            return nil
        }
    }
}
