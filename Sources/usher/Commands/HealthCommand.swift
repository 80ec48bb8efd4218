import ArgumentParser
import Domain
import Gateway

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "How integrations do now, and how they did.",
        discussion: "Examples: usher health, usher health report --since 7d",
        subcommands: [Now.self, Report.self],
        defaultSubcommand: Now.self
    )

    struct Now: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says how every integration does now, and which incidents go on.",
            discussion: "Example: usher health --json"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let health = try await client.call(
                    ControlRequest("GET", "/api/integrations/health-check"),
                    accepting: [503]
                )
                if output.json { return try Terminal.write(health) }
                try Terminal.write(Listing.integrationHealth.lines(health["integrations"]?.array ?? []))
                let open = try await client.list(
                    "/api/incidents",
                    query: [(name: "open", value: "true")],
                    limit: 50
                ).elements()
                try Terminal.write([""] + Listing.incidents.lines(open))
            }
        }
    }

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says how integrations did: requests, failures, latencies and uptime.",
            discussion: """
                Examples: usher health report --since 7d, usher health report --format csv > june.csv,
                usher health report --since 30d --format html > report.html
                """
        )

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case text, csv, html
        }

        @Option(help: "text for people, csv for a spreadsheet, html for a page to print.")
        var format = Format.text
        @Option(help: "From when: an instant, or how long ago, as 7d; a day ago unless given.")
        var since: Moment?
        @Option(help: "To when: an instant, or how long ago; now unless given.")
        var until: Moment?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard format == .text || !output.json else {
                throw ValidationError("--json and --format \(format.rawValue) exclude each other.")
            }
        }

        func run() async throws {
            let query = [("since", since), ("until", until)].compactMap { name, moment in
                moment.map { (name: name, value: "\($0.instant)") }
            }
            try await connection.withClient { client, _ in
                if format != .text {
                    let all = query + [(name: "format", value: format.rawValue)]
                    return try Terminal.write(
                        document: try await client.text("/api/health/report", query: all)
                    )
                }
                let report = try await client.get("/api/health/report", query: query)
                if output.json { return try Terminal.write(report) }
                try Terminal.write(Listing.integrationFigures.lines(report["integrations"]?.array ?? []))
                try Terminal.write([""] + Listing.incidents.lines(report["incidents"]?.array ?? []))
            }
        }
    }
}
