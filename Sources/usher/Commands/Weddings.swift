import ArgumentParser
import Domain
import Foundation
import Gateway

struct Weddings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Weddings: what makes events urgent.",
        discussion: "Examples: usher weddings today, usher weddings import season.csv --dry-run",
        subcommands: [
            List.self, Today.self, Show.self, ReadinessCommand.self, Add.self, Import.self, Remove.self,
        ],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists weddings by date.",
            discussion: "Example: usher weddings list --phase final_week"
        )

        @Option(help: "Only those on this date or later: 2026-06-20.")
        var from: String?
        @Option(help: "Only those before this date.")
        var until: String?
        @Option(help: "Only those in this phase now: planning, final_week, eve, day, after.")
        var phase: String?
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let given = [("from", from), ("until", until), ("phase", phase)]
            let query = given.compactMap { name, value in value.map { (name: name, value: $0) } }
            try await connection.withClient { client, _ in
                let answer = try await client.get("/api/weddings", query: query)
                let weddings = answer["data"]?.array ?? []
                if output.json { return try Terminal.write(.array(weddings)) }
                try Terminal.write(Listing.weddings.lines(weddings))
            }
        }
    }

    struct Today: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The weddings whose day it is, by their own clocks, and those on the eve.",
            discussion: "Example: usher weddings today"
        )

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                var weddings: [JSONValue] = []
                for phase in ["day", "eve"] {
                    let answer = try await client.get("/api/weddings", query: [(name: "phase", value: phase)])
                    weddings += answer["data"]?.array ?? []
                }
                if output.json { return try Terminal.write(.array(weddings)) }
                guard !weddings.isEmpty else {
                    return try Terminal.write("No wedding is on today, nor on its eve.")
                }
                try Terminal.write(Listing.weddings.lines(weddings))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a wedding, its timeline, and what waits for it.",
            discussion: "Example: usher weddings show ana-and-ben"
        )

        @Argument(help: "The wedding's id.")
        var id: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let wedding = try await client.get("/api/weddings/\(ControlRequest.encoded(id))")
                if output.json { return try Terminal.write(wedding) }
                try Terminal.write(Listing.weddings.lines([wedding]))
                let items = wedding["timeline"]?.array ?? []
                if !items.isEmpty { try Terminal.write([""] + Listing.timeline.lines(items)) }
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a wedding.",
            discussion:
                "Example: usher weddings add w-17 --title 'Ana & Ben' --date 2026-06-20 --zone Europe/Berlin"
        )

        @Argument(help: "Its id in your own system.")
        var id: String
        @Option(help: "What people call it.")
        var title: String
        @Option(help: "Its date, in its own zone: 2026-06-20.")
        var date: String
        @Option(help: "Its IANA time zone: Europe/Berlin.")
        var zone: String
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let wedding = try await client.post(
                    "/api/weddings",
                    [
                        "id": .string(id), "title": .string(title), "date": .string(date),
                        "zone": .string(zone),
                    ]
                )
                if output.json { return try Terminal.write(wedding) }
                try Terminal.write(Listing.weddings.lines([wedding]))
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds or changes weddings from a file, all or none.",
            discussion: """
                Examples: usher weddings import season.csv --dry-run
                          usher weddings import planner.ics --zone Europe/Berlin

                The file's name says what it is: .json, .csv or .ics.
                """
        )

        @Argument(help: "The file.", completion: .file(extensions: ["json", "csv", "ics"]))
        var file: String
        @Option(help: "The zone of weddings whose file names none.")
        var zone: String?
        @Flag(help: "Check everything and change nothing.")
        var dryRun = false
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        private var contentType: String? {
            switch file.split(separator: ".").last?.lowercased() {
            case "json": "application/json"
            case "csv": "text/csv"
            case "ics": "text/calendar"
            default: nil
            }
        }

        func validate() throws {
            guard contentType != nil else {
                throw ValidationError("The file's name ends in .json, .csv or .ics.")
            }
        }

        func run() async throws {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
            var query: [(name: String, value: String)] = []
            if let zone { query.append((name: "zone", value: zone)) }
            if dryRun { query.append((name: "dry_run", value: "true")) }
            try await connection.withClient { client, _ in
                let answer = try await client.upload(
                    "/api/weddings/import",
                    query: query,
                    contentType ?? "application/json",
                    bytes
                )
                if output.json { return try Terminal.write(answer) }
                let count = answer["weddings"]?.array?.count ?? 0
                try Terminal.write(
                    dryRun ? "\(count) weddings would be imported." : "\(count) weddings imported."
                )
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a wedding; refused while it has events, unless they may stay without it.",
            discussion: "Example: usher weddings remove w-17"
        )

        @Argument(help: "The wedding's id.")
        var id: String
        @Flag(help: "Remove it although it has events; they stay.")
        var keepEvents = false
        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await connection.withClient { client, _ in
                let query = keepEvents ? [(name: "keep_events", value: "true")] : []
                let path = "/api/weddings/\(ControlRequest.encoded(id))"
                _ = try await client.call(ControlRequest("DELETE", path, query: query))
                try Terminal.write("\(TerminalText.safe(id)) is removed.")
            }
        }
    }
}
