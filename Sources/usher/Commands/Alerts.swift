import ArgumentParser
import Domain
import Gateway

struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows who was told of incidents, takes alerts, keeps them back, tests channels.",
        subcommands: [
            List.self, Show.self, Take.self, Silence.self, Silences.self, Unsilence.self, Channels.self,
            Test.self,
        ],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists alerts, newest first.")

        @Option(help: "The most alerts to list.")
        var limit = 20
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is 1 to 200.") }
        }

        func run() async throws {
            try await connection.withClient { client, _ in
                let query = [(name: "limit", value: "\(limit)")]
                let alerts = try await client.get("/api/alerts", query: query)["data"]?.array ?? []
                if output.json { return try Terminal.write(.array(alerts)) }
                try Terminal.write(Listing.alerts.lines(alerts))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows an alert and whom it was told.")

        @Argument(help: "The alert's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let alert = try await client.get("/api/alerts/\(ControlRequest.encoded(id))")
                if output.json { return try Terminal.write(alert) }
                var lines = Listing.alerts.lines([alert])
                let weddings = alert["weddings"]?.array?.compactMap(\.string) ?? []
                if !weddings.isEmpty { lines += [""] + weddings.map { TerminalText.safe($0) } }
                try Terminal.write(lines + [""] + Listing.notices.lines(alert["notices"]?.array ?? []))
            }
        }
    }

    struct Take: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says that you are at it: the alert goes no further unless it becomes louder."
        )

        @Argument(help: "The alert's id.")
        var id: String
        @Option(help: "Your name; the key's unless given.")
        var by: String?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let body: JSONValue = .object(by.map { [JSONMember("by", .string($0))] } ?? [])
                let alert = try await client.post("/api/alerts/\(ControlRequest.encoded(id))/take", body)
                if output.json { return try Terminal.write(alert) }
                try Terminal.write("\(TerminalText.safe(alert["taken_by"]?.string ?? "")) is at it.")
            }
        }
    }

    struct Silence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps alerts back for a while; they are recorded, the loudest are sent all the same.",
            discussion:
                "Example: usher alerts silence --for 2h --reason 'Stripe maintenance' integration stripe-main"
        )

        @Argument(help: "integration, source or destination, and its name; everything unless given.")
        var subject: [String] = []
        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("For how long: 90s, 30m, 2h, 3d.", valueName: "time")
        )
        var length: String
        @Option(help: "Why; it stands in the record.")
        var reason: String
        @Flag(help: "Keep the loudest back too.")
        var critical = false
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard subject.isEmpty || subject.count == 2 else {
                throw ValidationError("Say what: integration NAME, source NAME or destination NAME.")
            }
            guard (TimeArgument.seconds(length) ?? 0) > 0 else {
                throw ValidationError("--for is a time like 90s, 30m, 2h or 3d.")
            }
        }

        func run() async throws {
            var members = [
                JSONMember("for_seconds", .integer(TimeArgument.seconds(length) ?? 0)),
                JSONMember("reason", .string(reason)), JSONMember("covers_critical", .bool(critical)),
            ]
            if !subject.isEmpty {
                members.append(JSONMember("subject", .string(subject.joined(separator: " "))))
            }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let silence = try await client.post("/api/alerts/silences", body)
                if output.json { return try Terminal.write(silence) }
                try Terminal.write(Listing.silences.lines([silence]))
            }
        }
    }

    struct Silences: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the silences that are not over.")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let silences = try await client.all("/api/alerts/silences")
                if output.json { return try Terminal.write(.array(silences)) }
                try Terminal.write(Listing.silences.lines(silences))
            }
        }
    }

    struct Unsilence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a silence before its time.")

        @Argument(help: "The silence's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                _ = try await client.delete("/api/alerts/silences/\(ControlRequest.encoded(id))")
                try Terminal.write("Alerts are sent again.")
            }
        }
    }

    struct Channels: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the channels of the configuration, in the order in which they are told."
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let channels = try await client.all("/api/alerts/channels")
                if output.json { return try Terminal.write(.array(channels)) }
                try Terminal.write(Listing.channels.lines(channels))
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends a test to one channel, or to all, and says how it went."
        )

        @Argument(help: "The channel; all of them unless given.")
        var channel: String?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                var names: [String] = channel.map { [$0] } ?? []
                if channel == nil {
                    names = try await client.all("/api/alerts/channels").compactMap { $0["name"]?.string }
                }
                guard !names.isEmpty else {
                    Terminal.note("There are no channels: write some under `alerts` in usher.yaml.")
                    throw ExitCode.failure
                }
                var results: [JSONValue] = []
                for name in names {
                    let path = "/api/alerts/channels/\(ControlRequest.encoded(name))/test"
                    let result = try await client.post(path)
                    results.append(result)
                    guard !output.json else { continue }
                    try Terminal.write("\(name): \(TerminalText.safe(result["meaning"]?.string ?? ""))")
                }
                if output.json { try Terminal.write(.array(results)) }
                guard results.allSatisfy({ $0["sent"] == .bool(true) }) else { throw ExitCode.failure }
            }
        }
    }
}
