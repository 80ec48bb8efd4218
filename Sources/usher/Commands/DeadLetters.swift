import ArgumentParser
import Domain
import Gateway

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Deliveries that were given up, and how to send them again.",
        discussion: "Example: usher dead-letters list",
        subcommands: [List.self, Replay.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists dead letters, newest first.",
            discussion: "Example: usher dead-letters list --destination app"
        )

        @Option(help: "Only of this destination.")
        var destination: String?
        @Option(help: "The most dead letters to list.")
        var limit = 50
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
        }

        func run() async throws {
            let query = destination.map { [(name: "destination", value: $0)] } ?? []
            try await connection.withClient { client, _ in
                let letters = try await client.list("/api/dead-letters", query: query, limit: limit)
                    .elements()
                if output.json { return try Terminal.write(.array(letters)) }
                try Terminal.write(Listing.deadLetters.lines(letters))
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends dead letters again: one, or all.",
            discussion: """
                Examples: usher dead-letters replay dlv_01j9x2m4v8e0tq6r5s7w3y1z0a
                          usher dead-letters replay --all --dry-run
                """
        )

        @Argument(help: "The delivery's id, as `usher dead-letters list` shows it.")
        var id: String?
        @Flag(help: "Every dead letter.")
        var all = false
        @Option(help: "Every dead letter of this destination.")
        var destination: String?
        @Flag(help: "Count what would be delivered, and change nothing.")
        var dryRun = false
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            let many = all || destination != nil
            guard (id != nil) != many else {
                throw ValidationError("Say which: one delivery's id, or --all, or --destination.")
            }
            if id != nil, dryRun { throw ValidationError("One letter is one letter: --dry-run is for many.") }
        }

        func run() async throws {
            var members: [JSONMember] = []
            if let destination { members.append(JSONMember("destination", .string(destination))) }
            if dryRun { members.append(JSONMember("dry_run", true)) }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let run = ReplayRun(client: client, json: output.json)
                let one = id.map { "\(ControlRequest.encoded($0))/" } ?? ""
                let answer = try await client.post("/api/dead-letters/\(one)replay", body)
                if dryRun { return try run.show(preview: answer) }
                try await run.follow(answer)
            }
        }
    }
}
