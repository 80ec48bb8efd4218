package import Domain

/// How one kind of the API's objects is shown as a table, and what is said when there is none.
package struct Listing: Sendable {
    private let columns: [TextTable.Column]
    private let cells: @Sendable (JSONValue) -> [String]
    private let empty: String

    init(
        _ columns: [TextTable.Column],
        empty: String,
        cells: @escaping @Sendable (JSONValue) -> [String]
    ) {
        self.columns = columns
        self.empty = empty
        self.cells = cells
    }

    /// The lines for `elements`: a table, or what to do next when there is none.
    package func lines(_ elements: [JSONValue]) -> [String] {
        elements.isEmpty ? [empty] : TextTable(columns, rows: elements.map(cells)).lines
    }
}

extension Listing {
    /// Sources.
    package static let sources = Listing(
        [
            .init("name"), .init("provider"), .init("enabled"), .init("secrets", .right), .init("owner"),
            .init("url"),
        ],
        empty: "There are no sources yet: describe one in usher.yaml and run `usher apply -f usher.yaml`."
    ) {
        [
            $0.word("name"), $0.word("provider"), $0.word("enabled"), $0.count("secrets"), $0.word("owner"),
            $0.word("url"),
        ]
    }

    /// Destinations.
    package static let destinations = Listing(
        [.init("name"), .init("state"), .init("events"), .init("owner"), .init("url")],
        empty:
            "There are no destinations yet: describe one in usher.yaml and run `usher apply -f usher.yaml`."
    ) { [$0.word("name"), $0.destinationState, $0.words("events"), $0.word("owner"), $0.word("url")] }

    /// Events.
    package static let events = Listing(
        [
            .init("received"), .init("source"), .init("type"), .init("priority"), .init("bytes", .right),
            .init("again", .right), .init("id"),
        ],
        empty: "There are no such events: send one with `usher trigger stripe payment_intent.succeeded`."
    ) {
        [
            $0.time("received_at"), $0.word("source"), $0.word("type"), $0.word("priority"),
            $0.word("body_bytes"),
            $0.word("duplicates"), $0.word("id"),
        ]
    }

    /// Deliveries of one event.
    package static let deliveries = Listing(
        [
            .init("delivery"), .init("destination"), .init("state"), .init("tries", .right), .init("ended"),
            .init("next try"), .init("error"),
        ],
        empty: "It goes to no destination: see which event types each wants with `usher destinations list`."
    ) {
        [
            $0.word("id"), $0.word("destination"), $0.word("state"), $0.word("attempts"),
            $0.time("finished_at"),
            $0.time("due_at"), $0.word("error"),
        ]
    }

    /// Dead letters.
    package static let deadLetters = Listing(
        [
            .init("given up"), .init("destination"), .init("type"), .init("tries", .right), .init("error"),
            .init("delivery"),
        ],
        empty: "There are no dead letters: everything was delivered, or is still being tried."
    ) {
        [
            $0.time("finished_at"), $0.word("destination"), $0.word("event_type"), $0.word("attempts"),
            $0.word("error"), $0.word("id"),
        ]
    }

    /// API keys.
    package static let keys = Listing(
        [
            .init("id"), .init("label"), .init("principal"), .init("level"), .init("created"),
            .init("expires"),
            .init("last used"), .init("revoked"),
        ],
        empty: "There are no keys: make one with `usher keys create LABEL --level read`."
    ) {
        [
            $0.word("id"), $0.word("label"), $0.word("principal"), $0.word("level"), $0.time("created_at"),
            $0.time("expires_at"), $0.time("last_used_at"), $0.time("revoked_at"),
        ]
    }
}

extension JSONValue {
    /// A member as one word: `yes`, `no`, a number, a text; `–` for nothing.
    func word(_ name: String) -> String {
        switch self[name] {
        case .string(let text): text
        case .number(let literal): literal
        case .bool(let value): value ? "yes" : "no"
        case nil, .null: "–"
        case .some(let value): String(decoding: value.serialized(), as: UTF8.self)
        }
    }

    /// A member that is an instant, to the second.
    func time(_ name: String) -> String {
        guard let text = self[name]?.string, let instant = Instant(text) else { return word(name) }
        return Instant(seconds: instant.seconds).description
    }

    /// How many elements a member has.
    func count(_ name: String) -> String {
        self[name]?.array.map { "\($0.count)" } ?? "–"
    }

    /// The texts of a member, separated by spaces.
    func words(_ name: String) -> String {
        (self[name]?.array ?? []).compactMap(\.string).joined(separator: " ")
    }

    fileprivate var destinationState: String {
        if self["enabled"]?.bool == false { return "off" }
        guard let stopped = self["stopped"], !stopped.isNull, stopped != .bool(false) else { return "on" }
        return "stopped"
    }
}
