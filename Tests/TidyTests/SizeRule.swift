/// Files and functions stay small enough to hold in the head.
enum SizeRule {
    static let fileLinesMax = 600
    static let functionLinesMax = 70

    static func findings(_ file: SourceFile) -> [Finding] {
        var findings = functions(file).filter { $0.lines > functionLinesMax }.map { function in
            file.finding(
                "function length",
                line: function.line,
                "\(function.name) has \(function.lines) lines; \(functionLinesMax) is the most"
            )
        }
        if file.lines.count > fileLinesMax {
            let text = "has \(file.lines.count) lines; \(fileLinesMax) is the most"
            findings.append(file.finding("file length", line: file.lines.count, text))
        }
        return findings
    }

    struct Function: Equatable {
        let name: String
        let line: Int
        /// From `func` to the closing brace.
        let lines: Int
    }

    /// The functions and initialisers with a body, by counting braces in code.
    static func functions(_ file: SourceFile) -> [Function] {
        file.code.indices.compactMap { index in
            let word = file.code[index].text
            let isInitializer = word == "init" && index > 0 && ![".", "func"].contains(file.word(index - 1))
            guard word == "func" || word == "deinit" || isInitializer,
                let open = bodyStart(file, after: index), let close = closingBrace(file, of: open)
            else { return nil }
            let line = file.code[index].line
            let name = word == "func" ? file.word(index + 1) : word
            return Function(name: name, line: line, lines: file.code[close].line - line + 1)
        }
    }

    /// The brace that opens the body; nil for a requirement of a protocol.
    private static func bodyStart(_ file: SourceFile, after start: Int) -> Int? {
        let others: Set<String> = [
            "func", "var", "let", "init", "static", "associatedtype", "subscript", "case", "}",
        ]
        var depth = 0
        for index in (start + 1)..<max(file.code.count, start + 1) {
            let word = file.code[index].text
            if word == "(" || word == "[" { depth += 1 }
            if word == ")" || word == "]" { depth -= 1 }
            guard depth == 0 else { continue }
            if word == "{" { return index }
            if others.contains(word) { return nil }
        }
        return nil
    }

    private static func closingBrace(_ file: SourceFile, of open: Int) -> Int? {
        var depth = 0
        for index in open..<file.code.count {
            if file.code[index].text == "{" { depth += 1 }
            if file.code[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
