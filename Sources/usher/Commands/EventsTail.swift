import ArgumentParser
import Domain
import Gateway

extension Events {
    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows events as they come in, until Ctrl-C.",
            discussion: """
                Example: usher events tail --source stripe

                With --json each event is one line, for jq and the like.
                """
        )

        @Option(help: "Only events of this source.")
        var source: String?
        @Option(help: "Only events of this type; payment_intent.* for a family.")
        var type: String?
        @Option(name: .short, help: "How many past events are shown first.")
        var number = 10
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        /// How often is asked.
        static let interval = Duration.seconds(1)

        func validate() throws {
            guard (0...1_000).contains(number) else { throw ValidationError("-n is 0 to 1000.") }
        }

        func run() async throws {
            try await connection.withClient { client, _ in
                var tail = EventTail()
                if !output.json { Terminal.note("Waiting for events; Ctrl-C ends.") }
                while true {
                    for event in tail.take(try await page(client, since: tail.since), first: number) {
                        if output.json {
                            try Terminal.write(event, compact: true)
                        } else {
                            try Terminal.write(EventPage.line(event))
                        }
                    }
                    try await Time.system.sleep(Self.interval)
                }
            }
        }

        private func page(_ client: ControlClient, since: Instant?) async throws -> [JSONValue] {
            let filter: [(String, String?)] = [
                ("source", source), ("type", type), ("since", since?.description),
            ]
            let query = filter.compactMap { name, value in value.map { (name: name, value: $0) } }
            let limit = since == nil ? max(number, 1) : EventTail.seenMax
            return try await client.list("/api/events", query: query, limit: limit).elements()
        }
    }
}
