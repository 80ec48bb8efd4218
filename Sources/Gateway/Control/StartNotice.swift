import Registry

/// What is said once the gateway runs.
package enum StartNotice {
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
