import ArgumentParser
import Domain
import Gateway

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What came in, and what became of it.",
        discussion: "Example: usher events tail",
        subcommands: [List.self, Show.self, Explain.self, Tail.self]
    )

    /// Which events are meant.
    struct Filter: ParsableArguments {
        @Option(help: "Only events of this source.")
        var source: String?
        @Option(help: "Only events of this type; payment_intent.* for a family.")
        var type: String?
        @Option(
            help: ArgumentHelp(
                "Only events received from then on: 2027-06-19T14:30:00Z, or 15m, 2h, 3d ago.",
                valueName: "when"
            )
        )
        var since: Moment?
        @Option(help: ArgumentHelp("Only events received before then.", valueName: "when"))
        var until: Moment?

        /// As the API names them.
        var members: [(name: String, value: String)] {
            let all: [(String, String?)] = [
                ("source", source), ("type", type), ("since", since?.instant.description),
                ("until", until?.instant.description),
            ]
            return all.compactMap { name, value in value.map { (name: name, value: $0) } }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists events, newest first.",
            discussion: """
                Examples: usher events list --source stripe --since 2h
                          usher events list --query anna@example.com
                """
        )

        @Option(
            name: [.customLong("query"), .customShort("q")],
            help: ArgumentHelp(
                "An id of an event, a delivery or the provider; a type; an e-mail address, phone number or id in it.",
                valueName: "text"
            )
        )
        var search: String?
        @OptionGroup var filter: Filter
        @Option(help: "The most events to list.")
        var limit = 50
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
        }

        func run() async throws {
            try await connection.withClient { client, _ in
                let query = filter.members + (search.map { [(name: "q", value: $0)] } ?? [])
                let events = try await client.list("/api/events", query: query, limit: limit)
                    .elements()
                if output.json { return try Terminal.write(.array(events)) }
                try Terminal.write(Listing.events.lines(events))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one event with its deliveries and its payload.",
            discussion: "Example: usher events show evt_01j9x2m4v8e0tq6r5s7w3y1z0a --no-payload"
        )

        @Argument(help: "The event's id.")
        var id: String
        @Flag(inversion: .prefixedNo, help: "Whether the payload is shown.")
        var payload = true
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let event = try await client.get(
                    "/api/events/" + ControlRequest.encoded(id),
                    query: payload ? [] : [(name: "payload", value: "false")]
                )
                if output.json { return try Terminal.write(event) }
                try Terminal.write(EventPage.lines(event))
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells in plain words what happened to an event, and why.",
            discussion: "Example: usher events explain evt_01j9x2m4v8e0tq6r5s7w3y1z0a"
        )

        @Argument(help: "The event's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let explanation = try await client.get("/api/events/\(ControlRequest.encoded(id))/explain")
                if output.json { return try Terminal.write(explanation) }
                try Terminal.write(EventPage.explanation(explanation))
            }
        }
    }
}
