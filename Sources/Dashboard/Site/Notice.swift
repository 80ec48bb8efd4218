import Domain

/// What is told above a page: that something was done, or that it was not.
struct Notice: Sendable {
    /// What may have been done; raw values stand in URLs.
    enum Done: String, CaseIterable {
        case signedOut = "signed-out"
        case replayed
        case replayStarted = "replay-started"
        case settled
        case failedOver = "failed-over"
        case failedBack = "failed-back"
        case switched
        case revoked
        case noted
        case told
        case untold

        func text(count: Int?) -> String {
            switch self {
            case .signedOut: "You are signed out."
            case .replayed: "It is queued again and goes out with the next deliveries."
            case .replayStarted:
                (count.map { Words.counted($0, "delivery", "deliveries") } ?? "The deliveries")
                    + (count == 1 ? " is being queued again." : " are being queued again.")
            case .settled: "The call is settled."
            case .failedOver: "Calls go to the integration you chose."
            case .failedBack: "The order is taken back: the usual route holds again."
            case .switched: "The change is made."
            case .revoked: "The key is revoked; nobody can use it any more."
            case .noted: "Your note is in the incident's record."
            case .told: "This browser is told of alerts from now on."
            case .untold: "That browser is told of alerts no longer."
            }
        }
    }

    let text: String
    let detail: String?
    /// What a screen reader calls it.
    let role: String
    let icon: String
    let tone: String

    init(done: Done, count: Int? = nil) {
        text = done.text(count: count)
        detail = nil
        (role, icon, tone) = ("status", "✓", "good")
    }

    init(failure text: String, detail: String? = nil) {
        self.text = text
        self.detail = detail
        (role, icon, tone) = ("alert", "✕", "bad")
    }

    init(_ refusal: Backend.Refusal) {
        self.init(failure: refusal.title, detail: refusal.detail)
    }

    /// What the address of a page says was done; nil when it says nothing we know.
    init?(_ page: PageRequest) {
        guard let done = page.value("done").flatMap(Done.init(rawValue:)) else { return nil }
        self.init(done: done, count: page.value("count").flatMap { Int($0) }.map { max(0, $0) })
    }
}
