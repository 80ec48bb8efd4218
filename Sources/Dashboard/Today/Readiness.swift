import Domain

/// How ready a wedding is, in points and in what is missing.
struct Readiness: Sendable {
    /// The most gaps that are told.
    static let gapsMax = 4

    /// What is missing.
    struct Gap: Sendable {
        let text: String
        let sign: String
    }

    let words: String
    let tone: String
    let gaps: [Gap]
    let hasGaps: Bool

    /// Reads what the API says of a wedding.
    ///
    /// | points | tone |
    /// |---|---|
    /// | 90 to 100 | good |
    /// | 70 to 89 | warn |
    /// | 0 to 69 | bad |
    init(_ json: JSONValue) {
        let score = json.count("score")
        let missing = json.list("parts").filter { $0.count("points") < $0.count("of") }
        gaps = missing.prefix(Self.gapsMax).map { part in
            Gap(text: Self.firstSentence(part.text("reason") ?? ""), sign: "!")
        }
        hasGaps = !gaps.isEmpty
        let word = score >= 90 ? "Ready" : score >= 70 ? "Nearly ready" : "Not ready"
        words = "\(word): \(score) of 100."
        tone = (score >= 90 ? Standing.Tone.good : score >= 70 ? .warn : .bad).rawValue
    }

    /// What a planner reads; the rest is for who runs Usher, in `usher weddings readiness`.
    private static func firstSentence(_ text: String) -> String {
        guard let end = text.firstRange(of: ". ") else { return text }
        return text[..<end.lowerBound] + "."
    }
}
