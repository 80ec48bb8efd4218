import ArgumentParser
import Domain
import Gateway

struct Incidents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What went wrong, what was done about it, and what it meant to weddings.",
        discussion: "Example: usher incidents list --open",
        subcommands: [List.self, Show.self, Note.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists incidents, newest first.",
            discussion: "Example: usher incidents list --since 7d"
        )

        @Flag(help: "Only those that go on.")
        var open = false
        @Option(help: "Only those that went on then or later: an instant, or how long ago, as 7d.")
        var since: Moment?
        @Option(help: "The most incidents to list.")
        var limit = 20
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
        }

        func run() async throws {
            var query: [(name: String, value: String)] = []
            if open { query.append((name: "open", value: "true")) }
            if let since { query.append((name: "since", value: "\(since.instant)")) }
            try await connection.withClient { client, _ in
                let incidents = try await client.list("/api/incidents", query: query, limit: limit).elements()
                if output.json { return try Terminal.write(.array(incidents)) }
                try Terminal.write(Listing.incidents.lines(incidents))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an incident with its record and what it means to weddings.",
            discussion: "Example: usher incidents show inc_01j9x2m4v8e0tq6r5s7w3y1z0a"
        )

        @Argument(help: "The incident's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let incident = try await client.get("/api/incidents/\(ControlRequest.encoded(id))")
                if output.json { return try Terminal.write(incident) }
                try Terminal.write([TerminalText.safe(incident["summary"]?.string ?? ""), ""])
                try Terminal.write(Listing.incidentEntries.lines(incident["entries"]?.array ?? []))
                try Terminal.write([""] + Listing.incidentImpacts.lines(incident["impacts"]?.array ?? []))
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a note into an incident's record.",
            discussion: "Example: usher incidents note inc_01j9x2m4v8e0tq6r5s7w3y1z0a 'Called Stripe.'"
        )

        @Argument(help: "The incident's id.")
        var id: String
        @Argument(help: "What to write.")
        var text: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let path = "/api/incidents/\(ControlRequest.encoded(id))/notes"
                let incident = try await client.post(path, ["text": .string(text)])
                if output.json { return try Terminal.write(incident) }
                try Terminal.write("Noted.")
            }
        }
    }
}
