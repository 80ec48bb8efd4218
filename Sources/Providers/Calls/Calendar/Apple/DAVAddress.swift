import Domain

/// Where an account's CalDAV server may be asked, and how its hrefs are understood.
///
/// | base URL | may also be asked, with the password |
/// |---|---|
/// | `https://caldav.icloud.com` | every `https://….icloud.com`: iCloud keeps each account on a host of its own |
/// | any other | nothing but its own scheme, host and port |
struct DAVAddress {
    /// The longest name of an item, in bytes.
    static let itemBytesMax = 255

    private let base: URLParts?

    init(_ account: IntegrationAccount) {
        base = URLParts(account.baseURL)
    }

    /// Whether the password may go to a URL.
    func isTrusted(_ url: String) -> Bool {
        guard let base, let url = URLParts(url) else { return false }
        if url.origin.utf8.elementsEqual(base.origin.utf8) { return true }
        let isOfApple = { (parts: URLParts) in
            parts.scheme == "https" && parts.authority.hasSuffix(".icloud.com")
        }
        return isOfApple(base) && isOfApple(url)
    }

    /// The URL of an href that stands in the answer of `url`; nil when it leads to somebody else.
    func resolve(_ href: String, against url: String) -> String? {
        let whole = href.hasPrefix("/") && !href.hasPrefix("//") ? (URLParts(url)?.origin ?? "") + href : href
        guard let parts = URLParts(whole), isTrusted(whole) else { return nil }
        return parts.origin + parts.path
    }

    /// The URL of a calendar as users and targets name it: a path on the base URL's host, or a whole URL.
    func collection(_ text: String) -> String? {
        resolve(text, against: base?.origin ?? "").map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    }

    /// The name of a calendar's URL in targets: its path when it is on the base URL's host.
    func name(_ collection: String) -> String {
        guard let base, let parts = URLParts(collection), parts.origin.utf8.elementsEqual(base.origin.utf8)
        else {
            return collection
        }
        return parts.path
    }

    /// The name of an item in its calendar: the last part of its href; nil for a calendar itself.
    static func item(_ href: String) -> String? {
        guard
            let name = href.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).last.map({
                String($0) ?? ""
            }),
            isItem(name)
        else { return nil }
        return name
    }

    /// Whether a text is one part of a path, percent-encoded.
    static func isItem(_ name: String) -> Bool {
        (1...itemBytesMax).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                (0x21...0x7E).contains(byte) && !Array("/?#\\<>\"".utf8).contains(byte)
            }
    }
}
