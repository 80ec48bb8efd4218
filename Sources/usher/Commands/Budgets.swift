import ArgumentParser
import Domain
import Gateway

struct Budgets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How much of every provider's limits is used, held for weddings, and left.",
        discussion: "Example: usher budgets",
        subcommands: [List.self, Reserve.self, Reservations.self, Release.self, Forecast.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists every limit of every integration.",
            discussion: "Example: usher budgets list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let budgets = try await client.all("/api/budgets")
                if output.json { return try Terminal.write(.array(budgets)) }
                try Terminal.write(Listing.budgets.lines(Listing.limits(of: budgets)))
            }
        }
    }

    struct Reserve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Holds a share of a limit for a wedding.",
            discussion: """
                Example: usher budgets reserve weather-main --wedding w-1 --quota 200 --from 2027-06-19T08:00:00Z --for 12h

                What the wedding does not use melts back while its time runs out.
                """
        )

        @Argument(help: "The integration.")
        var integration: String
        @Option(help: "Whose calls may use it.")
        var wedding: String
        @Option(help: "How many calls.")
        var quota: Int
        @Option(name: .customLong("limit"), help: "Which limit; the only one there is unless given.")
        var limitName: String?
        @Option(
            help: ArgumentHelp(
                "When it begins, as 2027-06-19T08:00:00Z; now unless given.",
                valueName: "instant"
            )
        )
        var from: Moment?
        @Option(help: ArgumentHelp("When it is over.", valueName: "instant"))
        var to: Moment?
        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("How long it lasts, in place of --to: 90m, 12h, 2d.", valueName: "time")
        )
        var length: String?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (to == nil) != (length == nil) else {
                throw ValidationError("Say when it is over: --to INSTANT or --for TIME.")
            }
            if let length, (TimeArgument.seconds(length) ?? 0) < 1 {
                throw ValidationError("--for is a time like 90m, 12h or 2d.")
            }
            guard quota >= 1 else { throw ValidationError("--quota is at least 1.") }
        }

        func run() async throws {
            let begin = from?.instant ?? Time.system.now()
            let end = to?.instant ?? begin + .seconds(length.flatMap(TimeArgument.seconds) ?? 0)
            var members = [
                JSONMember("wedding", .string(wedding)), JSONMember("quota", .integer(quota)),
                JSONMember("from", .string(begin.description)), JSONMember("to", .string(end.description)),
            ]
            if let limitName { members.append(JSONMember("limit", .string(limitName))) }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let path = "/api/budgets/\(ControlRequest.encoded(integration))/reservations"
                let reservation = try await client.post(path, body)
                if output.json { return try Terminal.write(reservation) }
                try Terminal.write(Listing.reservations.lines([reservation]))
            }
        }
    }

    struct Reservations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what is held of an integration's limits.",
            discussion: "Example: usher budgets reservations weather-main"
        )

        @Argument(help: "The integration.")
        var integration: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let path = "/api/budgets/\(ControlRequest.encoded(integration))/reservations"
                let reservations = try await client.all(path)
                if output.json { return try Terminal.write(.array(reservations)) }
                try Terminal.write(Listing.reservations.lines(reservations))
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a share back.",
            discussion: "Example: usher budgets release weather-main rsv_01j9x2m4v8e0tq6r5s7w3y1z0a"
        )

        @Argument(help: "The integration.")
        var integration: String
        @Argument(help: "The reservation's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let path = "/api/budgets/\(ControlRequest.encoded(integration))/reservations/"
                _ = try await client.delete(path + ControlRequest.encoded(id))
                if output.json { return try Terminal.write(["id": .string(id), "released": true]) }
                try Terminal.write("Given back: it is everybody's again.")
            }
        }
    }

    struct Forecast: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Says how far an integration's limits reach, by what is usual at this time of the week.",
            discussion: "Example: usher budgets forecast weather-main --hours 48"
        )

        @Argument(help: "The integration.")
        var integration: String
        @Option(help: "How far ahead, 1 to 168.")
        var hours = 24
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...168).contains(hours) else { throw ValidationError("--hours is 1 to 168.") }
        }

        func run() async throws {
            try await connection.withClient { client, _ in
                let forecast = try await client.get(
                    "/api/budgets/\(ControlRequest.encoded(integration))/forecast",
                    query: [(name: "hours", value: "\(hours)")]
                )
                if output.json { return try Terminal.write(forecast) }
                try Terminal.write(Listing.forecast.lines(forecast["limits"]?.array ?? []))
            }
        }
    }
}
