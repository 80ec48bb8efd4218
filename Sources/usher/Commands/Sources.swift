import ArgumentParser
import Domain
import Gateway

struct Sources: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where webhooks come in.",
        discussion: "Example: usher sources list",
        subcommands: [List.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the sources with the URLs to enter at the providers.",
            discussion: "Example: usher sources list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let sources = try await client.all("/api/sources")
                if output.json { return try Terminal.write(.array(sources)) }
                try Terminal.write(Listing.sources.lines(sources))
            }
        }
    }
}
