package import Domain

/// One event as text for a person.
package enum EventPage {
    /// One line: when, where, what, which.
    package static func line(_ event: JSONValue) -> String {
        let type = event.word("type")
        let padding = String(repeating: " ", count: max(0, 32 - TerminalText.width(type)))
        let source = event.word("source")
        let gap = String(repeating: " ", count: max(0, 12 - TerminalText.width(source)))
        return TerminalText.safe(
            "\(event.time("received_at"))  \(source)\(gap)  \(type)\(padding)  \(event.word("id"))"
        )
    }

    /// The whole page: what it is, where it goes, what it says.
    package static func lines(_ event: JSONValue) -> [String] {
        let fields: [(String, String)] = [
            ("event", event.word("id")), ("type", event.word("type")), ("source", event.word("source")),
            ("received", event.time("received_at")), ("happened", event.time("occurred_at")),
            ("priority", event.word("priority")), ("provider's id", event.word("provider_event_id")),
            ("came again", event.word("duplicates")), ("content type", event.word("content_type")),
            ("bytes", event.word("body_bytes")),
        ]
        var lines = fields.map { name, value in
            name + String(repeating: " ", count: 15 - name.count) + TerminalText.safe(value)
        }
        let deliveries = event["deliveries"]?.array ?? []
        lines += [""] + Listing.deliveries.lines(deliveries)
        for delivery in deliveries { lines += tries(delivery) }
        return lines + payload(event)
    }

    /// The lines of an explanation.
    package static func explanation(_ explanation: JSONValue) -> [String] {
        (explanation["lines"]?.array ?? []).map { line in
            TerminalText.safe("\(line.time("at"))  \(line.word("text"))")
        }
    }

    private static func tries(_ delivery: JSONValue) -> [String] {
        guard let tries = delivery["tries"]?.array, !tries.isEmpty else { return [] }
        let rows = tries.map { attempt in
            [
                attempt.time("started_at"), attempt.word("duration_ms"), attempt.word("standby"),
                attempt.word("status"), attempt.word("error"),
            ]
        }
        let table = TextTable(
            [.init("try at"), .init("ms", .right), .init("standby"), .init("status"), .init("error")],
            rows: rows
        )
        return ["", "tries of \(TerminalText.safe(delivery.word("id")))"] + table.lines.map { "  " + $0 }
    }

    private static func payload(_ event: JSONValue) -> [String] {
        if let gone = event["payload_gone"]?.string { return ["", "no payload: " + TerminalText.safe(gone)] }
        if let payload = event["payload"] {
            return [
                "", TerminalText.safeLines(String(decoding: payload.serialized(pretty: true), as: UTF8.self)),
            ]
        }
        guard let text = event["payload_base64"]?.string else { return [] }
        return ["", "payload, base64:", TerminalText.safe(text)]
    }
}
