/// How something does, as a badge shows it: a word and a sign, never colour alone.
struct Standing: Sendable {
    let word: String
    let tone: String
    let sign: String

    init(_ word: String, tone: Tone) {
        self.word = word
        self.tone = tone.rawValue
        sign = tone.sign
    }

    enum Tone: String {
        case good, warn, bad, idle, live

        var sign: String {
            switch self {
            case .good: "✓"
            case .warn: "!"
            case .bad: "✕"
            case .idle: "–"
            case .live: "●"
            }
        }
    }

    /// Of an integration, a source or a destination.
    init(health: String) {
        switch health {
        case "healthy", "ok", "up": self.init("Healthy", tone: .good)
        case "degraded": self.init("Degraded", tone: .warn)
        case "unhealthy": self.init("Unhealthy", tone: .bad)
        case "down": self.init("Down", tone: .bad)
        case "off", "disabled": self.init("Switched off", tone: .idle)
        case "idle", "unknown": self.init(health == "idle" ? "Idle" : "Not used yet", tone: .idle)
        default: self.init(Words.capitalised(Words.spaced(health)), tone: .warn)
        }
    }

    /// Of a call or an attempt of one.
    init(call state: String) {
        switch state {
        case "succeeded": self.init("Done", tone: .good)
        case "refused": self.init("Refused", tone: .warn)
        case "failed": self.init("Not done", tone: .bad)
        case "in_doubt": self.init("In doubt", tone: .bad)
        case "held": self.init("Needs you", tone: .bad)
        case "queued": self.init("Waiting", tone: .idle)
        case "working", "sending": self.init("On its way", tone: .live)
        case "not_applied": self.init("No effect", tone: .idle)
        case "dead": self.init("Found without effect", tone: .idle)
        case "compensating": self.init("Being undone", tone: .live)
        case "compensated": self.init("Undone", tone: .idle)
        default: self.init(Words.capitalised(Words.spaced(state)), tone: .idle)
        }
    }

    /// Of a delivery.
    init(delivery state: String) {
        switch state {
        case "delivered", "succeeded", "done": self.init("Delivered", tone: .good)
        case "dead": self.init("Dead letter", tone: .bad)
        case "waiting", "pending", "queued": self.init("Waiting", tone: .idle)
        case "claimed", "in_flight", "sending": self.init("On its way", tone: .live)
        default: self.init(Words.capitalised(Words.spaced(state)), tone: .idle)
        }
    }

    /// Of a priority.
    init(priority: String) {
        switch priority {
        case "critical": self.init("Critical", tone: .warn)
        case "high": self.init("High", tone: .live)
        case "low": self.init("Low", tone: .idle)
        default: self.init(Words.capitalised(priority), tone: .idle)
        }
    }
}
