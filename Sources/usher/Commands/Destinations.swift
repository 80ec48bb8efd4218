import ArgumentParser
import Domain
import Gateway

struct Destinations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where events go.",
        discussion: "Example: usher destinations list",
        subcommands: [List.self, Enable.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the destinations.",
            discussion: "Example: usher destinations list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let destinations = try await client.all("/api/destinations")
                if output.json { return try Terminal.write(.array(destinations)) }
                try Terminal.write(Listing.destinations.lines(destinations))
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a destination go on that stopped itself by answering 410 Gone.",
            discussion: "Example: usher destinations enable app"
        )

        @Argument(help: "The destination's name.")
        var name: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let path = "/api/destinations/\(ControlRequest.encoded(name))/enable"
                let destination = try await client.post(path)
                if output.json { return try Terminal.write(destination) }
                try Terminal.write("\(name) takes events again; what waited is on its way.")
            }
        }
    }
}
