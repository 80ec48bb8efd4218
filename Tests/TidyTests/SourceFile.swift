/// One Swift file, cut up once for all rules.
struct SourceFile {
    /// The path from the root of the repository: `Sources/Domain/Time.swift`.
    let path: String
    /// The lines as they stand.
    let lines: [Substring]
    /// Code without comments and literals.
    let code: [Token]
    /// The comments alone.
    let comments: [Token]

    init(path: String, text: String) {
        self.path = path
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
        let tokens = Lexer.tokens(of: text)
        code = tokens.filter { $0.kind == .word || $0.kind == .symbol }
        comments = tokens.filter { $0.kind == .comment }
    }

    /// The target the file belongs to.
    var target: String {
        path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The text of the code token at `index`; empty outside.
    func word(_ index: Int) -> String {
        code.indices.contains(index) ? code[index].text : ""
    }

    /// Whether the code tokens from `index` on are these.
    func has(_ words: [String], at index: Int) -> Bool {
        index + words.count <= code.count && words.indices.allSatisfy { code[index + $0].text == words[$0] }
    }

    func finding(_ rule: String, line: Int, _ text: String) -> Finding {
        Finding(file: path, line: line, rule: rule, text: text)
    }
}

/// One place that breaks a rule.
struct Finding: Equatable, CustomStringConvertible {
    let file: String
    let line: Int
    /// The rule's name, as exceptions name it: a banned word, `file length`, `import NIOCore`.
    let rule: String
    /// What to do about it.
    let text: String

    var description: String { "\(file):\(line): \(rule): \(text)" }
}
