package import Domain

/// One alert as it is told.
package struct AlertNews: Hashable, Sendable {
    /// Which alert.
    package let alert: AlertID
    /// What it is about.
    package let incident: IncidentID
    /// What does not do as it should.
    package let subject: String
    /// How loud it is.
    package let level: AlertLevel
    /// Why it is told now.
    package let occasion: AlertCourse.Occasion
    /// What happened, in a sentence.
    package let summary: String
    /// What it means to weddings, worst first, in sentences.
    package let meanings: [String]
    /// Since when.
    package let since: Instant

    /// Collects the parts.
    package init(
        alert: AlertID,
        incident: IncidentID,
        subject: String,
        level: AlertLevel,
        occasion: AlertCourse.Occasion,
        summary: String,
        meanings: [String],
        since: Instant
    ) {
        self.alert = alert
        self.incident = incident
        self.subject = subject
        self.level = level
        self.occasion = occasion
        self.summary = summary
        self.meanings = meanings
        self.since = since
    }
}

/// What one channel is told at one time: one alert or several, in the channel's own form.
package struct AlertMessage: Sendable {
    /// The longest text message: three parts of an SMS in GSM-7, two in UCS-2, roughly.
    package static let smsUnitsMax = 300
    /// The most sentences on weddings with one alert.
    package static let meaningsMax = 5
    /// The longest title, in Unicode scalars.
    package static let titleMax = 120

    /// What it tells, loudest first.
    package let news: [AlertNews]
    /// Where the incidents can be looked at: the gateway's own URL, without a slash at its end.
    package let home: String

    /// Makes a message of what is told; `news` is not empty.
    package init(_ news: [AlertNews], home: String) {
        precondition(!news.isEmpty, "a message tells something")
        self.news = news.sorted { ($0.level, $1.since) > ($1.level, $0.since) }
        self.home = home
    }

    /// One line: the subject of an e-mail, the title of a notification.
    package var title: String {
        let whole: String
        if let only = news.first, news.count == 1 {
            whole = "\(Self.word(only)): \(only.summary)"
        } else {
            let open = news.filter { $0.occasion != .over }
            let loudest = open.first ?? news[0]
            whole = "\(news.count) alerts, first \(Self.word(loudest)): \(loudest.summary)"
        }
        return Self.cut(Self.line(whole), to: Self.titleMax)
    }

    /// Several lines of plain text.
    package var text: String {
        var lines: [String] = []
        for item in news {
            lines.append("\(Self.word(item)): \(Self.line(item.summary))")
            lines += item.meanings.prefix(Self.meaningsMax).map { "  - \(Self.line($0))" }
            let more = item.meanings.count - Self.meaningsMax
            if more > 0 { lines.append("  - and \(more) more") }
            lines.append("  Since \(Instant(seconds: item.since.seconds)). \(url(item))")
        }
        if news.contains(where: { $0.occasion != .over }) {
            lines.append("To say that you are at it: usher alerts take \(news[0].alert)")
        }
        return lines.joined(separator: "\n")
    }

    /// A short text for a telephone.
    package var sms: String {
        let item = news[0]
        let more = news.count > 1 ? " (+\(news.count - 1) more)" : ""
        let meaning = item.meanings.first.map { " \(Self.line($0))" } ?? ""
        return Self.cut(
            "\(Self.word(item)): \(Self.line(item.summary))\(meaning)\(more)",
            to: Self.smsUnitsMax
        )
    }

    /// The body for a chat's incoming webhook: `text` for notifications and old clients, `blocks` for the rest.
    package var slack: JSONValue {
        let blocks = news.prefix(10).map { item -> JSONValue in
            let meanings = item.meanings.prefix(Self.meaningsMax).map { "\n• \(Self.escaped($0))" }.joined()
            let text = """
                *\(Self.escaped(Self.word(item)))*: \(Self.escaped(item.summary))\(meanings)
                <\(url(item))|Incident> since \(Instant(seconds: item.since.seconds))
                """
            return [
                "type": "section",
                "text": ["type": "mrkdwn", "text": .string(Self.cut(text, to: 2_900))],
            ]
        }
        return ["text": .string(Self.escaped(title)), "blocks": .array(blocks)]
    }

    /// The body for a webhook.
    package var webhook: JSONValue {
        [
            "type": "alert",
            "title": .string(title),
            "alerts": .array(
                news.map { item in
                    [
                        "id": .string("\(item.alert)"),
                        "incident": .string("\(item.incident)"),
                        "subject": .string(item.subject),
                        "level": .string(item.level.rawValue),
                        "occasion": .string(item.occasion.rawValue),
                        "summary": .string(item.summary),
                        "weddings": .array(item.meanings.map { .string($0) }),
                        "since": .string("\(item.since)"),
                        "url": .string(url(item)),
                    ]
                }
            ),
        ]
    }

    /// The text of a notification in a browser; fits a push message.
    package var push: JSONValue {
        [
            "title": .string(title),
            "body": .string(Self.cut(text, to: 600)),
            "url": .string(url(news[0])),
            "tag": .string("\(news[0].incident)"),
        ]
    }

    private func url(_ item: AlertNews) -> String { "\(home)/incidents/\(item.incident)" }

    private static func word(_ item: AlertNews) -> String {
        item.occasion == .over ? "Over" : item.level.rawValue.uppercased()
    }

    /// One line of it: line breaks and other controls are blanks, so that no text from outside adds lines or fields.
    private static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
    }

    /// Slack's own escapes: nothing from outside becomes a link or a mention.
    private static func escaped(_ text: String) -> String {
        line(text).split(separator: "&", omittingEmptySubsequences: false).joined(separator: "&amp;")
            .split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;")
            .split(separator: ">", omittingEmptySubsequences: false).joined(separator: "&gt;")
    }

    private static func cut(_ text: String, to count: Int) -> String {
        guard text.unicodeScalars.count > count else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(count - 1))) + "…"
    }
}
