/// One row of the table of keys: what the reader checks and what `docs/configuration.md` shows.
struct ConfigurationKey: Sendable {
    /// What may stand behind a key.
    enum Kind: Sendable {
        /// A text for which `problem` gives nil; the second value names the form in documents.
        case text(form: String, problem: @Sendable (String) -> String?)
        /// One of these words.
        case choice([String])
        /// A whole number.
        case whole(ClosedRange<Int>)
        /// A number, perhaps with a fraction.
        case number(ClosedRange<Double>)
        /// `true` or `false`.
        case flag
        /// A list of texts, each checked like `text`.
        case texts(form: String, atMost: Int, problem: @Sendable (String) -> String?)
        /// One secret, or a mapping from names to secrets.
        case credential
        /// A mapping of any shape, read as JSON.
        case settings
        /// A mapping of the keys below this one.
        case section
        /// A mapping from names an operator chooses to sections.
        case sections
    }

    /// The key from the top, with `NAME` for a chosen name: `destinations.NAME.url`.
    let path: String
    /// What may stand behind it.
    let kind: Kind
    /// The unit of a number.
    var unit = ""
    /// What holds without the key, as it would be written; empty is nothing.
    var standard = ""
    /// Whether its section makes no sense without it.
    var isRequired = false
    /// Whether it may hold a secret, so that no message shows it.
    var isSecret = false
    /// What it is for.
    let summary: String

    /// The last part of the path.
    var name: String {
        path.split(separator: ".").last.map(String.init) ?? path
    }

    /// The path without its last part; empty at the top.
    var parent: String {
        path.split(separator: ".").dropLast().joined(separator: ".")
    }

    /// The keys that may stand in the section `path`, in the order of the table.
    static func children(of path: String) -> [ConfigurationKey] {
        all.filter { $0.parent == path }
    }
}
