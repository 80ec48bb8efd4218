package import Domain

extension Listing {
    /// Calls.
    package static let calls = Listing(
        [
            .init("created"), .init("operation"), .init("state"), .init("integration"), .init("wedding"),
            .init("why not"), .init("id"),
        ],
        empty: "There are no such calls: make one with `usher call weather.current --input '{…}'`."
    ) {
        [
            $0.time("created_at"), $0.word("operation"), $0.word("state"), $0.word("integration"),
            $0.word("wedding"), $0["failure"]?.word("code") ?? "–", $0.word("id"),
        ]
    }

    /// The attempts of one call.
    package static let attempts = Listing(
        [
            .init("attempt", .right), .init("integration"), .init("state"), .init("began"), .init("status"),
            .init("why not"),
        ],
        empty: "There was no attempt yet."
    ) {
        [
            $0.word("number"), $0.word("integration"), $0.word("state"), $0.time("started_at"),
            $0.word("status"), $0["failure"]?.word("code") ?? "–",
        ]
    }

    /// Failovers.
    package static let failovers = Listing(
        [
            .init("since"), .init("capability"), .init("from"), .init("to"), .init("by"), .init("ended"),
            .init("weddings", .right), .init("why"),
        ],
        empty: "There was no failover yet: every capability is served by the first of its route."
    ) {
        [
            $0.time("since"), $0.word("capability"), $0.word("from"), $0.word("to"), $0.word("by"),
            $0["ended_at"]?.string == nil ? "holds" : $0.time("ended_at"), $0.count("affected_weddings"),
            $0.word("why"),
        ]
    }

    /// Budgets: a row for each limit.
    package static let budgets = Listing(
        [
            .init("integration"), .init("limit"), .init("amount"), .init("used", .right),
            .init("held", .right), .init("waiting", .right), .init("learned"),
        ],
        empty:
            "There are no integrations yet: describe one in usher.yaml and run `usher apply -f usher.yaml`."
    ) {
        [
            $0.word("integration"), $0.word("limit"), $0.word("amount"), $0.word("used"), $0.word("held"),
            $0.word("waiting"), $0.word("learned"),
        ]
    }

    /// The rows of `budgets` for what the API lists.
    package static func limits(of budgets: [JSONValue]) -> [JSONValue] {
        budgets.flatMap { budget -> [JSONValue] in
            let head = [
                JSONMember("integration", budget["integration"] ?? .null),
                JSONMember("waiting", budget["waiting"] ?? .null),
            ]
            let limits = budget["limits"]?.array ?? []
            guard !limits.isEmpty else {
                return [.object(head + [JSONMember("amount", "no limit is known")])]
            }
            return limits.map { limit in
                let part = Int(((limit["used_part"]?.double ?? 0) * 100).rounded())
                return .object(
                    head + [
                        JSONMember("limit", limit["name"] ?? .null),
                        JSONMember("amount", .string(amount(limit["believed"] ?? .null))),
                        JSONMember("used", .string("\(part) %")),
                        JSONMember("held", limit["reserved"] ?? .null),
                        JSONMember("learned", limit["learned"] ?? .null),
                    ]
                )
            }
        }
    }

    /// `25 a second, 50 at once`.
    package static func amount(_ kind: JSONValue) -> String {
        switch kind["kind"]?.string {
        case "bucket": "\(short(kind["per_second"])) a second, \(kind.word("burst")) at once"
        case "window": "\(kind.word("count")) in \(span(kind["window_seconds"]?.double ?? 0))"
        case "in_flight": "\(kind.word("in_flight")) at a time"
        default: "not known"
        }
    }

    private static func short(_ number: JSONValue?) -> String {
        let value = ((number?.double ?? 0) * 100).rounded() / 100
        return value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    private static func span(_ seconds: Double) -> String {
        switch Int(seconds.rounded()) {
        case 1: "a second"
        case 60: "a minute"
        case 3_600: "an hour"
        case 86_400: "a day"
        case let whole where whole % 86_400 == 0: "\(whole / 86_400) days"
        case let whole where whole % 60 == 0: "\(whole / 60) minutes"
        case let whole: "\(whole) seconds"
        }
    }

    /// Reservations.
    package static let reservations = Listing(
        [
            .init("id"), .init("integration"), .init("limit"), .init("wedding"), .init("calls", .right),
            .init("from"), .init("to"),
        ],
        empty: "Nothing is held: hold a share with `usher budgets reserve INTEGRATION --wedding … --quota …`."
    ) {
        [
            $0.word("id"), $0.word("integration"), $0.word("limit"), $0.word("wedding"), $0.word("quota"),
            $0.time("from"), $0.time("to"),
        ]
    }

    /// The limits of a forecast.
    package static let forecast = Listing(
        [
            .init("limit"), .init("usual", .right), .init("held", .right), .init("capacity", .right),
            .init("what it means"),
        ],
        empty: "This integration has no limits that are known."
    ) {
        [
            $0.word("limit"), $0["usual_per_hour"]?.double == nil ? "–" : short($0["usual"]),
            short($0["reserved"]), short($0["capacity"]),
            $0.word("text"),
        ]
    }
}

/// One call as text for a person.
package enum CallPage {
    /// What came of it: the short of it, then the reply or what to do.
    package static func lines(_ call: JSONValue) -> [String] {
        var lines = [
            TerminalText.safe(
                "\(call.word("operation")): \(headline(call))  \(call.word("id"))"
            )
        ]
        if let failure = call["failure"], !failure.isNull {
            lines.append(TerminalText.safe("  \(failure.word("message")) (\(failure.word("code")))"))
        }
        if let reply = call["reply"], !reply.isNull {
            let text = String(decoding: reply.serialized(pretty: true), as: UTF8.self)
            lines += ["", TerminalText.safeLines(text)]
        }
        let state = call["state"]?.string
        guard state != "succeeded", state != "refused", state != "failed" else { return lines }
        return lines + ["", TerminalText.safe("See how it goes on: usher calls show \(call.word("id"))")]
    }

    /// The whole page: what it is, its attempts, and what happened in words.
    package static func detail(_ call: JSONValue) -> [String] {
        let fields: [(String, String)] = [
            ("call", call.word("id")), ("operation", call.word("operation")), ("state", call.word("state")),
            ("integration", call.word("integration")), ("reference", call.word("reference")),
            ("wedding", call.word("wedding")), ("vendor", call.word("vendor")),
            ("priority", call.word("priority")), ("created", call.time("created_at")),
            ("deadline", call.time("deadline")), ("finished", call.time("finished_at")),
        ]
        let head = fields.map { name, value in
            name + String(repeating: " ", count: 13 - name.count) + TerminalText.safe(value)
        }
        let attempts = Listing.attempts.lines(call["attempts"]?.array ?? [])
        var lines = head + [""] + attempts + ["", TerminalText.safe(call.word("explanation"))]
        if let reply = call["reply"], !reply.isNull {
            let text = String(decoding: reply.serialized(pretty: true), as: UTF8.self)
            lines += ["", TerminalText.safeLines(text)]
        }
        guard call["state"]?.string == "held" else { return lines }
        return lines + [
            "",
            "To settle it: usher calls settle \(TerminalText.safe(call.word("id"))) --outcome succeeded "
                + "--reason 'seen in the dashboard'",
        ]
    }

    private static func headline(_ call: JSONValue) -> String {
        let place = call["integration"]?.string.map { " by \($0)" } ?? ""
        return switch call["state"]?.string {
        case "succeeded": "done\(place)"
        case "refused": "refused\(place)"
        case "failed": "not done, and nothing has taken effect"
        case "in_doubt": "in doubt: it is being found out whether it took effect"
        case "held": "held: a person must say whether it took effect"
        case "queued": "waits for its next attempt"
        default: "on its way"
        }
    }

    /// A failover in words.
    package static func failover(_ failover: JSONValue) -> [String] {
        let from = failover["from"]?.string.map { " in place of \($0)" } ?? ""
        return [
            "New calls of \(failover.word("capability")) go to \(failover.word("to"))\(from).",
            failover.word("way_back"),
        ].map { TerminalText.safe($0) }
    }

    /// What a test of an integration found.
    package static func test(_ test: JSONValue) -> [String] {
        let time = test["latency_ms"]?.double.map { "\(Int($0.rounded())) ms" }
        let facts = [test["status"]?.int64.map { "status \($0)" }, time].compactMap(\.self)
        let head = facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))"
        return [TerminalText.safe("\(test.word("integration"))\(head): \(test.word("meaning"))")]
    }
}
