/// What another target may use says what it is.
enum DocumentationRule {
    /// Members whose meaning a protocol gives: the standard library's, and `prefix` of `IdentifierKind`.
    static let witnesses: Set<String> = [
        "description", "debugDescription", "customMirror", "hash", "next", "allCases", "rawValue", "=", "<",
        "prefix", "Element", "makeAsyncIterator", "makeIterator", "enqueue", "asUnownedTaskExecutor",
        "asUnownedSerialExecutor",
    ]

    /// Members whose meaning a protocol of ours gives, in the folders of its implementations: `CallDialect`, `EventListing` and
    /// `VendorMachine`.
    static let ourWitnesses: [(folder: String, names: Set<String>)] = [
        (
            "Sources/Providers/Calls/",
            [
                "facts", "check", "read", "settle", "readSettled", "probe", "limits", "reach", "request",
                "isNewestFirst",
            ]
        ),
        (
            "Sources/Sandbox/Vendors/",
            [
                "provider", "answer", "takeWebhooks", "webhookDelivered", "webhookPauses", "ledger",
                "conditions", "failure", "overLimit", "storesFailures", "signedAgain",
            ]
        ),
    ]

    static func findings(_ file: SourceFile) -> [Finding] {
        guard !file.isTest else { return [] }
        let ours = ourWitnesses.filter { file.path.hasPrefix($0.folder) }
        let witnesses = ours.reduce(witnesses) { $0.union($1.names) }
        return file.code.indices.compactMap { index in
            let token = file.code[index]
            guard token.text == "package" || token.text == "public",
                let name = declaredName(file, after: index),
                !witnesses.contains(name), !isDocumented(file, line: token.line)
            else { return nil }
            return file.finding("documentation", line: token.line, "`\(name)` has no `///`")
        }
    }

    /// The name behind an access level; nil when none follows (an import, `package(set)`), or
    /// when a literal's protocol says what it is.
    private static func declaredName(_ file: SourceFile, after index: Int) -> String? {
        let keywords: Set<String> = [
            "func", "var", "let", "struct", "enum", "actor", "protocol", "typealias", "associatedtype",
            "macro",
        ]
        for next in (index + 1)..<min(index + 10, file.code.count) {
            let word = file.word(next)
            if word == "init", file.word(next + 2).hasSuffix("Literal") { return nil }
            if word == "init" || word == "subscript" { return word }
            if word == "class", !["func", "var"].contains(file.word(next + 1)) { return file.word(next + 1) }
            if keywords.contains(word) { return file.word(next + 1) }
            if word == "import" || word == "extension" || word == "{" || word == "}" || word == "=" {
                return nil
            }
            if next == index + 1, word == "(" { return nil }
        }
        return nil
    }

    /// Whether a `///` stands above the line, attributes in between allowed.
    private static func isDocumented(_ file: SourceFile, line: Int) -> Bool {
        var above = line - 2
        while file.lines.indices.contains(above) {
            let text = file.lines[above].drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            guard text.hasPrefix("@") || text.hasPrefix("#if") else { return false }
            above -= 1
        }
        return false
    }
}
