import ArgumentParser
import Domain
import Gateway

struct Emergency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Emergency mode: low priority waits, quota goes to the weddings that are on.",
        discussion: "Examples: usher emergency, usher emergency on --for 2h --reason 'Stripe fails for us'",
        subcommands: [Status.self, On.self, Off.self],
        defaultSubcommand: Status.self
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows whether it is on, why, and what it did.",
            discussion: "Example: usher emergency status"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let status = try await client.get("/api/emergency")
                if output.json { return try Terminal.write(status) }
                try Terminal.write(EmergencyPage.emergency(status))
            }
        }
    }

    struct On: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turns it on for a time; it never ends before, and always then.",
            discussion: "Example: usher emergency on --for 2h --reason 'Stripe fails for us'"
        )

        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("For how long: 30m, 2h; two hours unless given.", valueName: "time")
        )
        var length: String?
        @Option(help: "Why; it stands in the record.")
        var reason: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard !reason.isEmpty else { throw ValidationError("--reason is not empty.") }
            if let length, (TimeArgument.seconds(length) ?? 0) < 1 {
                throw ValidationError("--for is a time like 90s, 30m, 2h or 1d.")
            }
        }

        func run() async throws {
            var members = [JSONMember("reason", .string(reason))]
            if let seconds = length.flatMap(TimeArgument.seconds) {
                members.append(JSONMember("for_seconds", .integer(seconds)))
            }
            try await connection.withClient { client, _ in
                let status = try await client.post("/api/emergency", .object(members))
                if output.json { return try Terminal.write(status) }
                try Terminal.write(EmergencyPage.emergency(status))
            }
        }
    }

    struct Off: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turns it off; it does not begin by itself for half an hour.",
            discussion: "Example: usher emergency off"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                do {
                    _ = try await client.delete("/api/emergency")
                } catch ControlError.refused(status: 404, _, _, _, _) {
                    Terminal.note("Emergency mode is not on.")
                    throw ExitCode.failure
                }
                if output.json { return try Terminal.write(["on": false]) }
                try Terminal.write("Emergency mode is off: everything is as before.")
            }
        }
    }
}

extension Weddings {
    struct ReadinessCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "readiness",
            abstract: "Marks how ready everything is for a wedding, and says what would raise it.",
            discussion: "Example: usher weddings readiness ana-and-ben"
        )

        @Argument(help: "The wedding's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let path = "/api/weddings/\(ControlRequest.encoded(id))/readiness"
                let readiness = try await client.get(path)
                if output.json { return try Terminal.write(readiness) }
                try Terminal.write(EmergencyPage.readiness(readiness))
            }
        }
    }
}
