import ArgumentParser
import Gateway
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the gateway until it is told to stop (SIGINT, SIGTERM).",
        discussion: """
            Example: usher serve --config usher.yaml

            The file is described in docs/configuration.md; `usher check-config` checks one. Stopping waits for what is
            on its way; whatever is stored is delivered after the next start.
            """
    )

    @Option(help: ArgumentHelp("The configuration file; - is standard input.", valueName: "file"), completion: .file())
    var config: String

    func run() async throws {
        let configuration = try Configuration.load(config, rules: .registry)
        try await GatewayProcess.run(
            configuration: configuration,
            logger: .usher(configuration.log)
        ) { started in
            try? Terminal.write(StartNotice.lines(started, configuration))
        }
    }
}

/// What is said once the gateway runs.
enum StartNotice {
    /// The addresses, what the file changed, and the two things that are shown only once.
    static func lines(_ started: StartedGateway, _ configuration: Configuration) -> [String] {
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
