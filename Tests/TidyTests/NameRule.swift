/// Types are named after what they are, and not after their module.
enum NameRule {
    /// Endings that say nothing about what a type does.
    static let emptyEndings = [
        "Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Base", "Extras", "Impl", "Data", "Info",
    ]

    static func findings(_ file: SourceFile) -> [Finding] {
        types(file).flatMap { name, line in
            var findings: [Finding] = []
            if let ending = emptyEndings.first(where: { name.hasSuffix($0) }) {
                findings.append(
                    file.finding("type name", line: line, "\(name) ends in \(ending); say what it does")
                )
            }
            if TargetRule.named(name) != nil {
                findings.append(file.finding("type name", line: line, "\(name) is the name of a module"))
            }
            return findings
        }
    }

    /// The types a file declares, with their lines.
    static func types(_ file: SourceFile) -> [(String, Int)] {
        let keywords: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        return file.code.indices.compactMap { index in
            guard keywords.contains(file.code[index].text), let first = file.word(index + 1).first,
                first.isLetter || first == "_", !["func", "var", "let"].contains(file.word(index + 1)),
                file.word(index - 1) != "import", file.word(index - 1) != "."
            else { return nil }
            return (file.word(index + 1), file.code[index].line)
        }
    }
}
