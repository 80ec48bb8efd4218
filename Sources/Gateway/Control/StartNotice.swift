import Domain
import Registry

/// What is said once the gateway runs.
package enum StartNotice {
    /// The same in a few lines, for a configuration with many sources whose first admin key is kept in a file.
    package static func brief(_ started: StartedGateway, _ configuration: Configuration) -> [String] {
        let names = configuration.sources.filter(\.enabled).map(\.name.text)
        let half = (names.count + 1) / 2
        let lines = [
            "Usher listens on \(started.listenURL)",
            "  webhooks go to \(configuration.publicURL)/api/integrations/webhooks/SOURCE; the sources are",
            "    " + names.prefix(half).joined(separator: ", ") + ",",
            "    " + names.dropFirst(half).joined(separator: ", "),
        ]
        return lines
            + (started.rootKeyCreatedAt.map { ["  a new root key is in \($0): it seals all data"] } ?? [])
    }

    /// The addresses, what the file changed, and the two things that are shown only once.
    package static func lines(_ started: StartedGateway, _ configuration: Configuration) -> [String] {
        var lines = ["Usher listens on \(started.listenURL)"]
        lines += configuration.sources.filter(\.enabled).map { source in
            "  webhooks of \(source.provider) to \(configuration.publicURL)\(WebhookTrigger.path(of: source.name))"
        }
        lines += started.changes.map { "  changed: \(TerminalText.safe($0))" }
        if let path = started.rootKeyCreatedAt {
            lines += [
                "", "A new root key is in \(path). Everything stored is sealed under it:",
                "keep a copy in a safe place. Without it the database cannot be opened.",
            ]
        }
        if let key = started.firstAdminKey {
            lines += ["", "The first admin key, shown this once:", "", "  \(key)", ""]
        }
        return lines
    }
}
