/// A word that does not belong into the code, and how to know it.
struct BannedWord: Sendable {
    /// Where the word is banned.
    enum Scope: Sendable {
        case everywhere
        /// In everything that must run on virtual time: sources other than those that own the clock.
        case virtualTime
        /// The same, and in all tests: a test neither waits nor rolls dice.
        case virtualTimeAndTests
        /// In sources other than the command line's: standard output is its own.
        case outsideUsher
    }

    let name: String
    let scope: Scope
    /// What to write in its place.
    let advice: String
    /// The code token it begins with, so that most tokens are passed over at once.
    let first: String
    /// Whether the word begins at this code token.
    let isAt: @Sendable (SourceFile, Int) -> Bool

    private init(
        _ name: String,
        _ scope: Scope,
        _ advice: String,
        _ words: [String],
        unless isInnocent: @escaping @Sendable (SourceFile, Int) -> Bool = { _, _ in false }
    ) {
        self.name = name
        self.scope = scope
        self.advice = advice
        first = words.first ?? ""
        isAt = { file, index in file.has(words, at: index) && !isInnocent(file, index) }
    }

    static let all: [BannedWord] = clocks + chance + language

    private static var clocks: [BannedWord] {
        let advice = "time comes from `Time`"
        return [
            BannedWord("Date()", .virtualTime, advice, ["Date", "(", ")"]),
            BannedWord(".now", .virtualTime, advice, [".", "now"]) { isValue($0.word($1 - 1)) },
            BannedWord("Task.sleep", .virtualTimeAndTests, advice, ["Task", ".", "sleep"]),
            BannedWord("ContinuousClock", .virtualTime, advice, ["ContinuousClock"]),
            BannedWord("SuspendingClock", .virtualTime, advice, ["SuspendingClock"]),
        ]
    }

    private static var chance: [BannedWord] {
        let advice = "chance comes from `RandomSource` or a seeded generator"
        return [
            BannedWord("SystemRandomNumberGenerator", .virtualTime, advice, ["SystemRandomNumberGenerator"]),
            BannedWord(".random", .virtualTimeAndTests, advice, [".", "random", "("]) {
                isValue($0.word($1 - 1)) || hasGenerator($0, from: $1 + 2)
            },
        ]
            + ["shuffle", "shuffled", "randomElement"].map { name in
                BannedWord(".\(name)", .virtualTimeAndTests, advice, [".", name, "("]) {
                    hasGenerator($0, from: $1 + 2)
                }
            }
    }

    private static var language: [BannedWord] {
        [
            BannedWord("@unchecked Sendable", .everywhere, "use a Mutex", ["@", "unchecked", "Sendable"]),
            BannedWord(
                "nonisolated(unsafe)",
                .everywhere,
                "use a Mutex",
                ["nonisolated", "(", "unsafe", ")"]
            ),
            BannedWord("try!", .everywhere, "handle the error", ["try", "!"]) {
                !$0.code[$1 + 1].isAttached
            },
            BannedWord("Any", .everywhere, "name the type", ["Any"]),
            BannedWord("@testable", .everywhere, "test what is `package`", ["@", "testable"]),
            BannedWord(
                "fatalError(",
                .everywhere,
                "use `precondition` with a sentence",
                ["fatalError", "("]
            ),
            BannedWord("print(", .outsideUsher, "log, or return the text", ["print", "("]) {
                [".", "func"].contains($0.word($1 - 1))
            },
            BannedWord(
                "static var",
                .everywhere,
                "pass the value in",
                ["static", "var"],
                unless: isComputed
            ),
        ]
    }

    /// Whether a `static var` has no storage: its type is followed by `{`, not by `=` or nothing.
    private static func isComputed(_ file: SourceFile, _ index: Int) -> Bool {
        let line = file.code[index].line
        for token in file.code[(index + 2)...] {
            if token.text == "{" { return true }
            if token.text == "=" || token.line > line + 3 { return false }
        }
        return false
    }

    /// Whether a word is a value, so that `.now` behind it is its member: `time.now()`, `clocks[0].now`.
    private static func isValue(_ word: String) -> Bool {
        guard let first = word.first, !["return", "in", "case", "await", "try", "else"].contains(word) else {
            return false
        }
        return first.isLowercase || first == "_" || first == "$" || first == ")" || first == "]"
    }

    /// Whether the call whose parenthesis opens at `start` names its generator.
    private static func hasGenerator(_ file: SourceFile, from start: Int) -> Bool {
        var depth = 0
        for index in start..<file.code.count {
            if file.word(index) == "(" { depth += 1 }
            if file.word(index) == ")" { depth -= 1 }
            if depth == 1, file.has(["using", ":"], at: index) { return true }
            if depth == 0 { return false }
        }
        return false
    }
}

/// No banned words in code, no loose ends in comments.
enum WordRule {
    /// The targets that own the clock and chance.
    static let clockOwners: Set<String> = ["Gateway", "usher", "Sandbox", "Simulation", "UsherTesting"]

    static func findings(_ file: SourceFile) -> [Finding] {
        let banned = Dictionary(grouping: BannedWord.all.filter { isBanned($0.scope, in: file) }, by: \.first)
        var findings: [Finding] = []
        for (index, token) in file.code.enumerated() {
            for word in banned[token.text] ?? [] where word.isAt(file, index) {
                findings.append(file.finding(word.name, line: token.line, word.advice))
            }
        }
        return findings + looseEnds(file)
    }

    private static func isBanned(_ scope: BannedWord.Scope, in file: SourceFile) -> Bool {
        switch scope {
        case .everywhere: true
        case .virtualTime: !file.isTest && !clockOwners.contains(file.target)
        case .virtualTimeAndTests: file.isTest || !clockOwners.contains(file.target)
        case .outsideUsher: !file.isTest && file.target != "usher"
        }
    }

    private static func looseEnds(_ file: SourceFile) -> [Finding] {
        file.comments.flatMap { comment in
            let words = comment.text.split { !$0.isLetter }
            return ["TO" + "DO", "FIX" + "ME", "XX" + "X"].filter { words.contains(Substring($0)) }.map {
                file.finding($0, line: comment.line, "do it, or file it")
            }
        }
    }
}
