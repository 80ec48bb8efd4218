/// The page `docs/configuration.md`, made from the table of keys so that the two cannot differ.
package enum ConfigurationReference {
    /// A small but whole configuration: Stripe in, one application out.
    package static let example = """
        listen: 127.0.0.1:8080
        public_url: https://hooks.example.com
        database: sqlite:./usher-data/usher.db
        root_key: file:./usher-data/root.key
        sources:
          stripe: {provider: stripe, secrets: [env:STRIPE_WEBHOOK_SECRET]}
        destinations:
          app: {url: http://127.0.0.1:3000/hooks, secret: env:APP_SECRET, events: ["*"], allow_private: true}
        integrations:
          stripe-main: {provider: stripe, credential: env:STRIPE_KEY}
          square-backup: {provider: square, credential: {token: env:SQUARE_TOKEN, location: L1}}
        routes:
          payments: {order: [stripe-main, square-backup], strategy: immediate}
        """

    /// The page in Markdown.
    package static var markdown: String {
        ([introduction] + sections.map(page)).joined(separator: "\n") + "\n"
    }

    private static let introduction = """
        # Configuration

        <!-- Written by `make docs` from the table of keys in Sources/Gateway/Configuration; do not edit. -->

        `usher serve --config usher.yaml` reads one YAML file; `usher check-config usher.yaml` only checks it.
        An empty file is a good one: every key below has a default or may be left out, unless it is marked required.

        ```yaml
        \(example.split(separator: "\n").joined(separator: "\n"))
        ```

        - Every mistake is reported with its line and column, all of them at once. Unknown keys are mistakes.
        - Values are read strictly: flags are `true` or `false`, numbers are decimal and without quotes.
        - A **secret** is `env:NAME` (an environment variable of the usher process), `file:PATH` (one line break at
          the end is dropped), or the value itself. Prefer the first two: this file then holds nothing to hide.
        - Relative paths count from the working folder.
        - The file has at most \(ConfigurationDocument.bytesMax) bytes. Aliases (`*name`) are read, at most \
        \(ConfigurationDocument.aliasesMax); tags and merge keys are not.
        """

    /// The sections in the order of the table, the top first.
    private static var sections: [ConfigurationKey?] {
        [nil]
            + ConfigurationKey.all.filter { key in
                switch key.kind {
                case .section, .sections: true
                default: false
                }
            }
    }

    private static func page(_ section: ConfigurationKey?) -> String {
        var lines: [String] = [""]
        var path = ""
        if let section {
            path = section.path
            if case .sections = section.kind { path += ".NAME" }
            lines += ["## `\(path)`", "", section.summary]
        } else {
            lines += ["## Top level"]
        }
        lines += ["", "| key | value | unit | default | meaning |", "|---|---|---|---|---|"]
        lines += ConfigurationKey.children(of: path).map(row)
        return lines.joined(separator: "\n")
    }

    private static func row(_ key: ConfigurationKey) -> String {
        let standard = key.isRequired ? "required" : key.standard.isEmpty ? "–" : "`\(key.standard)`"
        let summary = key.isSecret ? "**Secret.** \(key.summary)" : key.summary
        return "| `\(key.name)` | \(form(key.kind)) | \(key.unit) | \(standard) | \(summary) |"
    }

    private static func form(_ kind: ConfigurationKey.Kind) -> String {
        switch kind {
        case .text(let form, _): form
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .whole(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "\(decimal(range.lowerBound)) to \(decimal(range.upperBound)), fractions too"
        case .flag: "`true` or `false`"
        case .texts(let form, let most, _): "list of up to \(most): \(form)"
        case .credential: "secret, or mapping from the provider's fields to secrets"
        case .settings: "mapping"
        case .section: "mapping, see below"
        case .sections: "mapping from names, see below"
        }
    }
}
