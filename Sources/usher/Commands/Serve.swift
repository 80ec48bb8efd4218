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

    @Option(
        help: ArgumentHelp("The configuration file; - is standard input.", valueName: "file"),
        completion: .file()
    )
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
