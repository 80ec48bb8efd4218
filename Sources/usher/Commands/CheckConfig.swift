import ArgumentParser
import Domain
import Gateway

struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Checks a configuration file and changes nothing.",
        discussion: """
            Example: usher check-config usher.yaml

            Every mistake is named with its line and column. Secrets are not read: `usher doctor` does that where the
            server runs.
            """
    )

    @Argument(help: "The configuration file; - is standard input.", completion: .file())
    var file: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            let configuration = try Configuration.load(file, rules: .registry)
            if output.json { return try Terminal.write(["valid": true, "problems": []]) }
            try Terminal.write(
                "\(file) is valid: \(counted(configuration.sources.count, "source")), "
                    + "\(counted(configuration.destinations.count, "destination")), "
                    + "\(counted(configuration.integrations.count, "integration")), "
                    + "\(counted(configuration.routes.count, "route")), "
                    + "listens on \(configuration.listen)."
            )
        } catch let error as ConfigurationError {
            guard output.json else { throw error }
            try Terminal.write(["valid": false, "problems": .array(problems(error))])
            throw ExitCode.failure
        }
    }

    private func problems(_ error: ConfigurationError) -> [JSONValue] {
        guard case .invalid(_, let problems) = error else { return [["message": "\(error)"]] }
        return problems.map { problem in
            [
                "line": .integer(problem.position.line),
                "column": .integer(problem.position.column),
                "key": .string(problem.key),
                "message": .string(problem.message),
            ]
        }
    }
}
