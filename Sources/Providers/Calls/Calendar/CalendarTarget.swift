import Domain

/// An item of a calendar as the text that later operations get: `primary/2f8c…`, both parts percent-encoded.
struct CalendarTarget: Hashable, Sendable {
    /// The longest text, in bytes: that of `CallOutcome.reference`.
    static let bytesMax = 512

    /// The calendar's id at the provider.
    let calendar: String
    /// The item's id at the provider.
    let item: String

    init(calendar: String, item: String) {
        self.calendar = calendar
        self.item = item
    }

    /// Reads a target; nil when it is none.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).map {
            String($0) ?? ""
        }
        guard text.utf8.count <= Self.bytesMax, parts.count == 2, parts.allSatisfy({ !$0.isEmpty }),
            let calendar = WireText.percentDecoded(parts[0]), let item = WireText.percentDecoded(parts[1])
        else { return nil }
        self.calendar = calendar
        self.item = item
    }

    var text: String { "\(WireText.percentEncoded(calendar))/\(WireText.percentEncoded(item))" }

    /// The target of a call that must have one.
    static func required(_ call: CallRequest) throws(CallInputError) -> CalendarTarget {
        guard let text = call.target, let target = CalendarTarget(text) else {
            throw CallInputError(.missingField, at: "/target", "must be the `target` of a calendar's item")
        }
        return target
    }
}

/// Where a list of changes goes on, as the text that callers keep: `google-calendar/primary/sync/…`.
struct CalendarCursor: Hashable, Sendable {
    /// The longest text, in bytes: that of `CalendarChangesInput.since`.
    static let bytesMax = 4_096

    /// Whose list it is.
    let provider: APIProvider
    /// Which calendar's.
    let calendar: String
    /// What sort of cursor, in the dialect's words: `sync`, `page`, `delta`.
    let kind: String
    /// The provider's own text.
    let token: String

    init(_ provider: APIProvider, calendar: String, kind: String, token: String) {
        self.provider = provider
        self.calendar = calendar
        self.kind = kind
        self.token = token
    }

    var text: String {
        "\(provider)/\(WireText.percentEncoded(calendar))/\(kind)/\(WireText.percentEncoded(token))"
    }

    /// Reads a cursor of `provider`; throws for a text that is none of its own.
    static func read(
        _ text: String,
        _ provider: APIProvider,
        kinds: [String]
    ) throws(CallInputError) -> CalendarCursor {
        let parts = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).map {
            String($0) ?? ""
        }
        guard parts.count == 4, parts[0].utf8.elementsEqual(provider.rawValue.utf8), kinds.contains(parts[2]),
            let calendar = WireText.percentDecoded(parts[1]), let token = WireText.percentDecoded(parts[3]),
            !calendar.isEmpty, !token.isEmpty
        else {
            throw CallInputError(
                .invalidField,
                at: "/since",
                "must be the `next` of a former answer of \(provider), or absent to read everything"
            )
        }
        return CalendarCursor(provider, calendar: calendar, kind: parts[2], token: token)
    }
}
