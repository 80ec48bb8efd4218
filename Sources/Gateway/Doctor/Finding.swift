package import Domain

/// What one check of `usher doctor` found, and how to mend it.
package struct Finding: Hashable, Sendable {
    /// How bad it is.
    package enum Verdict: String, Sendable {
        /// As it should be.
        case ok
        /// It works, but not as well or as safely as it could.
        case warning
        /// It does not work, or data is in danger.
        case problem
    }

    /// Which check: `disk-sync`, `destination app`.
    package let check: String
    /// How bad it is.
    package let verdict: Verdict
    /// What was found, in one sentence.
    package let message: String
    /// What to do about it; nil when there is nothing to do.
    package let remedy: String?

    private init(_ check: String, _ verdict: Verdict, _ message: String, _ remedy: String?) {
        self.check = check
        self.verdict = verdict
        self.message = message
        self.remedy = remedy
    }

    /// Everything is as it should be.
    package static func ok(_ check: String, _ message: String) -> Finding {
        Finding(check, .ok, message, nil)
    }

    /// Something could be better.
    package static func warning(_ check: String, _ message: String, mend remedy: String) -> Finding {
        Finding(check, .warning, message, remedy)
    }

    /// Something is broken.
    package static func problem(_ check: String, _ message: String, mend remedy: String) -> Finding {
        Finding(check, .problem, message, remedy)
    }

    /// For scripts.
    package var json: JSONValue {
        [
            "check": .string(check),
            "verdict": .string(verdict.rawValue),
            "message": .string(message),
            "remedy": remedy.map { .string($0) } ?? .null,
        ]
    }

    /// The lines for a person.
    package var lines: [String] {
        let mark =
            switch verdict {
            case .ok: "ok      "
            case .warning: "warning "
            case .problem: "PROBLEM "
            }
        let first = mark + TerminalText.safe("\(check): \(message)")
        return [first] + (remedy.map { ["        → " + TerminalText.safe($0)] } ?? [])
    }
}
