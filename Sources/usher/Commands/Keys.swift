import ArgumentParser
import Domain
import Gateway

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "API keys, and fresh secrets.",
        discussion: "Example: usher keys create 'nightly report' --level read",
        subcommands: [List.self, Create.self, Revoke.self, Secret.self, Root.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the keys (never the keys themselves).",
            discussion: "Example: usher keys list --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let keys = try await client.list("/api/keys").elements()
                if output.json { return try Terminal.write(.array(keys)) }
                try Terminal.write(Listing.keys.lines(keys))
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key and shows it this once.",
            discussion: """
                Example: usher keys create lakeside --level read --vendor lakeside-photography

                read sees, write also replays and enables, admin also changes sources, destinations and keys. With
                --vendor a key sees that vendor's part only.
                """
        )

        enum Level: String, CaseIterable, ExpressibleByArgument {
            case read
            case write
            case admin
        }

        @Argument(help: "What you call the key.")
        var label: String
        @Option(help: "What it may do.")
        var level: Level
        @Option(help: "The vendor it belongs to; without one it is the platform's.")
        var vendor: String?
        @Option(help: ArgumentHelp("When it ends, as 2027-06-20T00:00:00Z.", valueName: "instant"))
        var expires: Moment?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var members = [JSONMember("label", .string(label)), JSONMember("level", .string(level.rawValue))]
            if let vendor { members.append(JSONMember("vendor", .string(vendor))) }
            if let expires { members.append(JSONMember("expires_at", .string(expires.instant.description))) }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let created = try await client.post("/api/keys", body)
                if output.json { return try Terminal.write(created) }
                try Terminal.write(created["key"]?.string ?? "")
                Terminal.note(
                    "The key is shown this once: keep it in a safe place. Revoke it with `usher keys revoke`."
                )
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a key at once.",
            discussion: "Example: usher keys revoke key_01j9x2m4v8e0tq6r5s7w3y1z0a"
        )

        @Argument(help: "The key's id, as `usher keys list` shows it.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let revoked = try await client.delete("/api/keys/" + ControlRequest.encoded(id))
                if output.json { return try Terminal.write(revoked) }
                try Terminal.write("Revoked.")
            }
        }
    }

    struct Secret: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints a fresh signing secret for a destination or a Standard Webhooks source.",
            discussion: "Example: APP_SECRET=$(usher keys secret) usher serve --config usher.yaml"
        )

        @OptionGroup var output: OutputOptions

        func run() throws {
            let secret = FreshSecrets.signing()
            if output.json { return try Terminal.write(["secret": .string(secret)]) }
            try Terminal.write(secret)
        }
    }

    struct Root: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a root key file, readable by its owner only; never replaces one.",
            discussion: """
                Example: usher keys root ./usher-data/root.key

                `usher serve` makes the file itself when there is none; this is for making it, and its safe copy,
                beforehand.
                """
        )

        @Argument(help: "Where to write it.", completion: .file())
        var path: String
        @OptionGroup var output: OutputOptions

        func run() throws {
            let created = try FreshSecrets.rootKey(at: path)
            if output.json { return try Terminal.write(["path": .string(path), "created": .bool(created)]) }
            guard created else {
                Terminal.note("\(path) holds a root key already: nothing was written.")
                throw ExitCode.failure
            }
            try Terminal.write("A new root key is in \(path): keep a copy of it in a safe place.")
        }
    }
}
