import ArgumentParser
import Gateway

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a copy of the database while the gateway goes on.",
        discussion: """
            Example: usher backup --config usher.yaml --to /backups/usher-2026-06-20.db

            The copy is complete as of one commit and opens with the same root key only. Keep the root key elsewhere:
            whoever has both can read everything. To restore, stop usher, put the copy in the place of the database,
            remove the -wal beside it, and start.
            """
    )

    @Option(
        help: ArgumentHelp("The configuration file of the gateway.", valueName: "file"),
        completion: .file()
    )
    var config: String
    @Option(
        help: ArgumentHelp("The file to write; it must not exist.", valueName: "file"),
        completion: .file()
    )
    var to: String

    func run() async throws {
        let configuration = try Configuration.load(config, rules: .registry)
        try await DatabaseBackup.write(configuration.database, to: to)
        try Terminal.write("The copy is \(to). Try it now and then: scripts/restore-drill does.")
    }
}
