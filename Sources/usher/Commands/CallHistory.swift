import ArgumentParser
import Domain
import Gateway

struct CallHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls",
        abstract: "What was asked for, what became of it, and what a person must settle.",
        discussion: "Example: usher calls list --state in_doubt",
        subcommands: [List.self, Show.self, Settle.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists calls, newest first.",
            discussion: "Example: usher calls list --operation payments --wedding w-1"
        )

        @Option(
            help: "Only those that stand here: queued, working, in_doubt, held, succeeded, refused, failed."
        )
        var state: String?
        @Option(help: "Only payments.charge, or all of payments.")
        var operation: String?
        @Option(help: "Only this wedding's.")
        var wedding: String?
        @Option(help: "The most calls to list.")
        var limit = 50
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
        }

        func run() async throws {
            let all = [("state", state), ("operation", operation), ("wedding", wedding)]
            let query = all.compactMap { name, value in value.map { (name: name, value: $0) } }
            try await connection.withClient { client, _ in
                let calls = try await client.list("/api/calls", query: query, limit: limit).elements()
                if output.json { return try Terminal.write(.array(calls)) }
                try Terminal.write(Listing.calls.lines(calls))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a call with every attempt, and explains what happened.",
            discussion: "Example: usher calls show call_01j9x2m4v8e0tq6r5s7w3y1z0a"
        )

        @Argument(help: "The call's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let call = try await client.get("/api/calls/" + ControlRequest.encoded(id))
                if output.json { return try Terminal.write(call) }
                try Terminal.write(CallPage.detail(call))
            }
        }
    }

    struct Settle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what became of a call that is in doubt or held, as you saw it at the provider.",
            discussion: """
                Example: usher calls settle call_01j9x2m4v8e0tq6r5s7w3y1z0a --outcome succeeded --reference pi_1 \
                --reason 'seen in the dashboard'

                not_applied lets the call go on elsewhere: say so only when you have seen that nothing was done.
                """
        )

        enum Outcome: String, CaseIterable, ExpressibleByArgument {
            case succeeded
            case notApplied = "not_applied"
        }

        @Argument(help: "The call's id.")
        var id: String
        @Option(help: "What the provider shows: succeeded or not_applied.")
        var outcome: Outcome
        @Option(help: "The provider's id of what was made.")
        var reference: String?
        @Option(help: "Where it was seen, and by whom.")
        var reason: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var members = [
                JSONMember("outcome", .string(outcome.rawValue)), JSONMember("reason", .string(reason)),
            ]
            if let reference { members.append(JSONMember("reference", .string(reference))) }
            let body = JSONValue.object(members)
            try await connection.withClient { client, _ in
                let call = try await client.post("/api/calls/\(ControlRequest.encoded(id))/settle", body)
                if output.json { return try Terminal.write(call) }
                try Terminal.write(CallPage.detail(call))
            }
        }
    }
}
