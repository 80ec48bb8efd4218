import ArgumentParser
import Domain
import Gateway

struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings a running server to what a configuration file says: shows the plan, asks, changes.",
        discussion: """
            Example: usher apply -f usher.yaml --dry-run

            Only sources and destinations are applied; other keys need a restart. Secrets given as env: or file: are
            read here and sent to the server.
            """
    )

    @Option(name: .shortAndLong, help: "The configuration file; - is standard input.", completion: .file())
    var file: String
    @Flag(help: "Show the plan and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if dryRun && yes {
            throw ValidationError("--dry-run changes nothing, so --yes has no meaning with it.")
        }
        if file == "-" && !yes && !dryRun {
            throw ValidationError(
                "The file is read from standard input, so nobody can be asked: add --yes or --dry-run."
            )
        }
    }

    func run() async throws {
        let configuration = try Configuration.load(file, rules: .registry)
        let document = try ApplyDocument.json(configuration, resolver: .process)
        try await connection.withClient { client, _ in
            let plan = try await client.post("/api/configuration/plan", document)
            let changes = plan["changes"]?.array ?? []
            if dryRun || changes.isEmpty { return try show(plan, changes) }
            if !output.json { try show(plan, changes) }
            guard yes || (Terminal.canAsk && Terminal.confirm("Make these changes?")) else {
                Terminal.note(
                    "Nothing was changed." + (Terminal.canAsk ? "" : " Add --yes to change without asking.")
                )
                throw ExitCode.failure
            }
            let applied = try await client.post("/api/configuration/apply", document)
            if output.json { return try Terminal.write(applied) }
            try Terminal.write("Changed.")
        }
    }

    private func show(_ plan: JSONValue, _ changes: [JSONValue]) throws {
        if output.json { return try Terminal.write(plan) }
        if changes.isEmpty { return try Terminal.write("Nothing to change: the server is as \(file) says.") }
        try Terminal.write(changes.map { "  " + TerminalText.safe($0["summary"]?.string ?? "") })
    }
}
