import ArgumentParser
import Domain
import Gateway

struct Routes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Which integrations serve what, and how calls move to the next one.",
        discussion: "Example: usher routes list",
        subcommands: [List.self, Set.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the routes, those that nobody has set too.",
            discussion: "Example: usher routes list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let routes = try await client.all("/api/routes")
                if output.json { return try Terminal.write(.array(routes)) }
                try Terminal.write(Listing.routes.lines(routes))
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets the integrations that serve a capability, best first.",
            discussion: "Example: usher routes set payments stripe-main square-backup --strategy immediate"
        )

        @Argument(help: "payments, sms, email, video, calendar, weather or storage.")
        var capability: String
        @Argument(help: "The integrations, best first.")
        var order: [String]
        @Option(help: "immediate, gradual or manual.")
        var strategy: String?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var members = [JSONMember("order", .array(order.map { .string($0) }))]
            if let strategy { members.append(JSONMember("strategy", .string(strategy))) }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let path = "/api/routes/\(ControlRequest.encoded(capability))"
                let route = try await client.call(ControlRequest("PUT", path, body: body))
                if output.json { return try Terminal.write(route) }
                try Terminal.write(Listing.routes.lines([route]))
            }
        }
    }
}
