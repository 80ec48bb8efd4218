import ArgumentParser
import Domain
import Gateway

struct Failover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends all new calls of a capability to one integration, or back along the route.",
        discussion: """
            Examples: usher failover payments --to square-backup --for 30m --reason 'Stripe maintenance'
                      usher failover payments --back
            """
    )

    @Argument(help: "payments, sms, email, video, calendar, weather or storage.")
    var capability: String
    @Option(help: "The integration they go to.")
    var to: String?
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "For how long: 90s, 30m, 2h, 3d; until it is taken back unless given.",
            valueName: "time"
        )
    )
    var length: String?
    @Option(help: "Why; it stands in the record.")
    var reason: String?
    @Flag(help: "Take the order back: the route holds again.")
    var back = false
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if back, to != nil || length != nil || reason != nil {
            throw ValidationError("--back stands alone.")
        }
        if !back, to == nil || reason == nil {
            throw ValidationError("Say where to and why: --to INTEGRATION --reason TEXT (or --back).")
        }
        if let length, (TimeArgument.seconds(length) ?? 0) < 1 {
            throw ValidationError("--for is a time like 90s, 30m, 2h or 3d.")
        }
    }

    func run() async throws {
        try await connection.withClient { client, _ in
            if back {
                let path = "/api/failovers/\(ControlRequest.encoded(capability))"
                do {
                    _ = try await client.delete(path)
                } catch ControlError.refused(status: 404, _, _, _, _) {
                    Terminal.note("There is no order for \(capability) to take back: see usher failovers.")
                    throw ExitCode.failure
                }
                if output.json {
                    return try Terminal.write(["capability": .string(capability), "back": true])
                }
                return try Terminal.write("Taken back: calls of \(capability) follow their route again.")
            }
            var members = [
                JSONMember("capability", .string(capability)), JSONMember("to", .string(to ?? "")),
                JSONMember("reason", .string(reason ?? "")),
            ]
            if let seconds = length.flatMap(TimeArgument.seconds) {
                members.append(JSONMember("for_seconds", .integer(seconds)))
            }
            let failover = try await client.post("/api/failovers", .object(members))
            if output.json { return try Terminal.write(failover) }
            try Terminal.write(CallPage.failover(failover))
        }
    }
}

struct Failovers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists failovers, ordered ones and Usher's own, with the weddings they touched.",
        discussion: "Example: usher failovers --open"
    )

    @Flag(help: "Only those that hold now.")
    var open = false
    @Option(help: "The most failovers to list.")
    var limit = 20
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit is 1 to 200.") }
    }

    func run() async throws {
        var query = [(name: "limit", value: "\(limit)")]
        if open { query.append((name: "open", value: "true")) }
        try await connection.withClient { client, _ in
            let failovers = try await client.get("/api/failovers", query: query)["data"]?.array ?? []
            if output.json { return try Terminal.write(.array(failovers)) }
            if open, failovers.isEmpty {
                return try Terminal.write("No failover holds: calls follow their routes.")
            }
            try Terminal.write(Listing.failovers.lines(failovers))
            let holding = failovers.filter { $0["ended_at"]?.string == nil }
            for failover in holding {
                try Terminal.write(["", TerminalText.safe(failover["way_back"]?.string ?? "")])
            }
        }
    }
}
