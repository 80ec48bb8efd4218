import ArgumentParser
import Domain
import Gateway

struct Integrations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The accounts at providers that calls are made with.",
        discussion: "Example: usher integrations list",
        subcommands: [List.self, Show.self, Test.self, Enable.self, Disable.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the integrations.",
            discussion: "Example: usher integrations list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let integrations = try await client.all("/api/integrations")
                if output.json { return try Terminal.write(.array(integrations)) }
                try Terminal.write(Listing.integrations.lines(integrations))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an integration; of its credential only which fields are set.",
            discussion: "Example: usher integrations show stripe-main"
        )

        @Argument(help: "The integration's name.")
        var name: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let path = "/api/integrations/\(ControlRequest.encoded(name))"
                let integration = try await client.get(path)
                if output.json { return try Terminal.write(integration) }
                try Terminal.write(Listing.members.lines(Listing.members(of: integration)))
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Sends a request that changes nothing with an integration, and says what the answer means.",
            discussion: "Example: usher integrations test stripe-main"
        )

        @Argument(help: "The integration's name.")
        var name: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let test = try await client.post("/api/integrations/\(ControlRequest.encoded(name))/test")
                if output.json {
                    try Terminal.write(test)
                } else {
                    try Terminal.write(CallPage.test(test))
                }
                if test["good"]?.bool != true { throw ExitCode.failure }
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets calls be made with an integration again.",
            discussion: "Example: usher integrations enable stripe-main"
        )

        @Argument(help: "The integration's name.")
        var name: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await turn(name, on: true, connection, output)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has no more calls made with an integration; its route goes on with the others.",
            discussion: "Example: usher integrations disable stripe-main"
        )

        @Argument(help: "The integration's name.")
        var name: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await turn(name, on: false, connection, output)
        }
    }
}

private func turn(
    _ name: String,
    on: Bool,
    _ connection: ConnectionOptions,
    _ output: OutputOptions
) async throws {
    try await connection.withClient { client, _ in
        let path = "/api/integrations/\(ControlRequest.encoded(name))"
        let integration = try await client.call(ControlRequest("PATCH", path, body: ["enabled": .bool(on)]))
        if output.json { return try Terminal.write(integration) }
        try Terminal.write(on ? "Calls are made with \(name) again." : "No more calls are made with \(name).")
    }
}
