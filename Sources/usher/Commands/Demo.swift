import ArgumentParser
import Gateway

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Runs the gateway between all twelve providers, played here, and an application that fails now and then.",
        discussion: """
            Example: usher demo --seconds 60

            No account, no internet: everything is on this machine, over real HTTP, and every webhook is signed as its \
            provider signs. One of four weddings is today. The data stays in ./usher-data, so a second start goes on \
            where the first ended. Ctrl-C ends it.
            """
    )

    @Option(help: ArgumentHelp("Where the gateway listens.", valueName: "host:port"))
    var listen = "127.0.0.1:8080"
    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"), completion: .directory)
    var data = DemonstrationFiles.folderDefault
    @Option(help: "End after this many seconds.")
    var seconds: Int?
    @Flag(help: "Show the addresses and the summary only.")
    var quiet = false

    func validate() throws {
        guard ListenAddress(listen) != nil else {
            throw ValidationError("--listen is HOST:PORT, for example 127.0.0.1:8080.")
        }
        if let seconds, seconds < 1 { throw ValidationError("--seconds is at least 1.") }
    }

    func run() async throws {
        guard let listen = ListenAddress(listen) else { return }
        let demonstration = Demonstration(listen: listen, folder: data, seconds: seconds, isQuiet: quiet)
        try await demonstration.run()
    }
}
