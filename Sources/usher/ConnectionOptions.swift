import ArgumentParser
import Gateway

/// Which server, and with which key: what every command that talks to a server takes.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's address (default: $USHER_URL, else http://127.0.0.1:8080).",
            valueName: "url"
        )
    )
    var url: String?

    @Option(
        help: ArgumentHelp(
            "An API key, or env:NAME or file:PATH where to read it (default: $USHER_API_KEY, else the demo's key).",
            valueName: "key"
        )
    )
    var key: String?

    @Flag(help: "Send the key without TLS to another machine.")
    var plainHTTP = false

    /// Runs `body` with a client, and closes its connections afterwards.
    func withClient<Result>(
        _ body: (ControlClient, HTTPControl) async throws -> Result
    ) async throws -> Result {
        let settings = try ControlSettings(url: url, key: key, resolver: .process)
        let http = HTTPControl()
        do {
            let client = try ControlClient(
                address: settings.address,
                key: settings.key,
                plainHTTP: plainHTTP,
                send: { message throws(ControlError) in try await http.send(message) }
            )
            let result = try await body(client, http)
            await http.shutdown()
            return result
        } catch {
            await http.shutdown()
            throw error
        }
    }
}

/// How a result is written.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Write JSON, for scripts.")
    var json = false
}
