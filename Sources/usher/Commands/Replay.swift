import ArgumentParser
import Domain
import Gateway

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delivers past events again, with the same webhook-id.",
        discussion: """
            Examples: usher replay evt_01j9x2m4v8e0tq6r5s7w3y1z0a
                      usher replay --source stripe --since 2h --dry-run
            """
    )

    @Argument(help: "The event's id; leave it out and give filters to replay many.")
    var event: String?
    @OptionGroup var filter: Events.Filter
    @Option(help: "Only to this destination.")
    var destination: String?
    @Flag(help: "Count what would be delivered, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if event == nil, filter.members.isEmpty, destination == nil {
            throw ValidationError(
                "Say which: an event's id, or --source, --type, --since, --until or --destination."
            )
        }
        if event != nil, !filter.members.isEmpty {
            throw ValidationError("Give an event's id or filters, not both.")
        }
        if event != nil, dryRun {
            throw ValidationError("One event is one event: --dry-run is for filters.")
        }
    }

    func run() async throws {
        var members = filter.members.map { JSONMember($0.name, .string($0.value)) }
        if let destination { members.append(JSONMember("destination", .string(destination))) }
        if dryRun { members.append(JSONMember("dry_run", true)) }
        let body = JSONValue.object(members)
        try await connection.withClient { client, _ in
            let run = ReplayRun(client: client, json: output.json)
            let path = event.map { "/api/events/\(ControlRequest.encoded($0))/replay" } ?? "/api/replays"
            let answer = try await client.post(path, body)
            if dryRun { return try run.show(preview: answer) }
            try await run.follow(answer)
        }
    }
}
