import Domain

extension Listing {
    /// Alerts.
    package static let alerts = Listing(
        [.init("began"), .init("level"), .init("stage"), .init("taken by"), .init("what"), .init("id")],
        empty: "There was no alert yet."
    ) {
        [
            $0.time("began_at"), $0.word("level"), $0.word("stage"), $0.word("taken_by"), $0.word("summary"),
            $0.word("id"),
        ]
    }

    /// Whom an alert was told.
    package static let notices = Listing(
        [
            .init("since"), .init("channel"), .init("why"), .init("state"), .init("tries", .right),
            .init("error"),
        ],
        empty: "Nobody was told: no channel takes alerts of this level."
    ) {
        [
            $0.time("since"), $0.word("channel"), $0.word("occasion"), $0.word("state"), $0.word("tries"),
            $0.word("error"),
        ]
    }

    /// Silences.
    package static let silences = Listing(
        [.init("until"), .init("about"), .init("critical too"), .init("why"), .init("by"), .init("id")],
        empty: "There is no silence: every alert is sent."
    ) {
        [
            $0.time("until"), $0["subject"]?.string ?? "everything",
            $0["covers_critical"] == .bool(true) ? "yes" : "no", $0.word("reason"), $0.word("by"),
            $0.word("id"),
        ]
    }

    /// Channels.
    package static let channels = Listing(
        [.init("channel"), .init("type"), .init("from level"), .init("after", .right), .init("to")],
        empty: "There are no channels: write some under `alerts` in usher.yaml."
    ) {
        [
            $0.word("name"), $0.word("type"), $0.word("level"), "\($0.word("after_minutes")) min",
            $0["to"]?.array?.compactMap(\.string).joined(separator: ", ") ?? "",
        ]
    }
}
