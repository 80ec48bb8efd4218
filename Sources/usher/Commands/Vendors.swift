import ArgumentParser
import Domain
import Gateway

struct Vendors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The businesses that work weddings.",
        discussion: "Example: usher vendors list",
        subcommands: [List.self, Add.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists vendors by name.",
            discussion: "Example: usher vendors list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let vendors = try await client.all("/api/vendors")
                if output.json { return try Terminal.write(.array(vendors)) }
                try Terminal.write(Listing.vendors.lines(vendors))
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a vendor.",
            discussion: "Example: usher vendors add anna --title 'Anna Photography' --email anna@example.com"
        )

        @Argument(help: "The name that keys and sources carry: a-z, 0-9 and -.")
        var name: String
        @Option(help: "What people call it.")
        var title: String?
        @Option(help: "An address for mail.")
        var email: String?
        @Option(help: "A telephone number.")
        var phone: String?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var members = [JSONMember("name", .string(name))]
            for (field, value) in [("title", title), ("email", email), ("phone", phone)] {
                if let value { members.append(JSONMember(field, .string(value))) }
            }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let vendor = try await client.post("/api/vendors", body)
                if output.json { return try Terminal.write(vendor) }
                try Terminal.write(Listing.vendors.lines([vendor]))
            }
        }
    }
}
