import ArgumentParser
import Domain
import Gateway
import Logging
import Providers
import Sandbox
import ServiceLifecycle
import Signatures

struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Plays the vendors' APIs on this machine, with faults on command.",
        discussion: """
            Example: usher sandbox --only stripe,square
            Example: usher sandbox --webhooks-to http://127.0.0.1:8080/api/integrations/webhooks

            Each vendor answers as the real one does, declines, idempotency keys and limits included, on a port of its \
            own: Stripe on the one behind --port-base, the others on the next ones. Nothing leaves this machine and no \
            money moves.

            Faults, for a share of the requests and some time:
              curl http://127.0.0.1:8421/_faults -d '{"kind": "drop_answer", "share": 0.5, "for_seconds": 60}'
              curl http://127.0.0.1:8421/_faults -d '{"kind": "slow", "delay_ms": 8000, "path": "/v1/refunds"}'
              curl http://127.0.0.1:8421/_faults -X DELETE
            Kinds: refuse, black_hole, fail_before, fail_after, stored_failure, slow, creep, storm, drop_answer, \
            late_effect, hide_new, clock_skew, halve_limit, scale_limit, punish.

            What took effect: curl http://127.0.0.1:8421/_ledger
            What came:        curl http://127.0.0.1:8421/_traffic
            A new beginning:  curl -X POST http://127.0.0.1:8421/_reset
            """
    )

    @Option(help: ArgumentHelp("The vendors, separated by commas (default: all).", valueName: "names"))
    var only: String?
    @Option(help: ArgumentHelp("The port before the first vendor's.", valueName: "port"))
    var portBase = 8420
    @Option(help: "What decides every id and every chance.")
    var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp("Where webhooks go; /stripe and so on is added.", valueName: "url")
    )
    var webhooksTo: String?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1_023...65_000).contains(portBase) else {
            throw ValidationError("--port-base is 1023 to 65000.")
        }
        _ = try providers()
        if let webhooksTo {
            guard webhooksTo.hasPrefix("http://") || webhooksTo.hasPrefix("https://"),
                !webhooksTo.hasSuffix("/")
            else { throw ValidationError("--webhooks-to is an http URL without a slash at its end.") }
        }
    }

    func run() async throws {
        OpenFilesLimit.raise(for: VendorServer.requestsMax, .silent)
        let vendors = VendorSet(only: try providers(), portBase: portBase, webhooksTo: webhooksTo)
        let http = HTTPControl()
        let servers = vendors.servers(seed: seed, time: .system, logger: .silent) { webhook in
            let request = WebhookRequest(url: webhook.url, headers: webhook.headers, body: webhook.body)
            return try? await http.post(request, to: webhook.url).status
        }
        try tell(vendors)
        do {
            try await Companions.run(servers, logger: .silent)
        } catch {
            await http.shutdown()
            throw error
        }
        await http.shutdown()
    }

    private func tell(_ vendors: VendorSet) throws {
        if output.json { return try Terminal.write(vendors.json, compact: true) }
        let rows = vendors.places.map { place in
            [place.provider.rawValue, place.url, vendors.webhookURL(place.provider) ?? "none"]
        }
        try Terminal.write(
            TextTable([.init("vendor"), .init("url"), .init("webhooks to")], rows: rows).lines
        )
        try Terminal.write(["", "To call them, write into usher.yaml:", ""])
        try Terminal.write(vendors.configuration.map { "  " + $0 })
        try Terminal.write(["", "and start Usher with:", ""])
        try Terminal.write(vendors.environment.map { "  export \($0.name)=\($0.value)" })
        let example = vendors.places.first?.url ?? ""
        try Terminal.write([
            "", "Lose every second answer for a minute, and see what took effect all the same:", "",
            "  curl \(example)/_faults -d '{\"kind\": \"drop_answer\", \"share\": 0.5, \"for_seconds\": 60}'",
            "  curl \(example)/_ledger", "", "More: usher sandbox --help. Ctrl-C ends it.",
        ])
    }

    private func providers() throws -> [APIProvider] {
        guard let only else { return [] }
        return try only.split(separator: ",").map { name in
            guard let provider = APIProvider(name: String(name)), VendorCatalogue.providers.contains(provider)
            else {
                let known = VendorCatalogue.providers.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("There is no vendor `\(name)` to play; there are \(known).")
            }
            return provider
        }
    }
}
