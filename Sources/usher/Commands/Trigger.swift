import ArgumentParser
import Domain
import Gateway

struct Trigger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a realistic event, signed as its provider signs, to the server's webhook URL.",
        discussion: """
            Examples: usher trigger stripe payment_intent.succeeded
                      usher trigger paypal PAYMENT.CAPTURE.COMPLETED
                      usher trigger square payment.updated --count 20
                      usher trigger --list

            Providers: \(WebhookTrigger.providers.joined(separator: ", ")).

            The source, its settings and its secret come from --config, else from the demo's configuration in \
            ./usher-data; --secret alone makes do with default settings. PayPal, SNS and SendGrid sign with private \
            keys of their own: their webhooks can only be made for `usher demo`, which has keys in their place.
            """
    )

    @Argument(help: "The provider, such as stripe or paypal; --list shows all twelve.")
    var provider: String?
    @Argument(help: "The event's type; --list shows them.")
    var type: String?
    @Option(
        help:
            "The source's name (default: the provider's first in the configuration, else the provider's name)."
    )
    var source: String?
    @Option(
        help: ArgumentHelp(
            "The source's secret, or env:NAME or file:PATH where to read it.",
            valueName: "secret"
        )
    )
    var secret: String?
    @Option(
        help: ArgumentHelp(
            "The configuration that has the source, its settings and its secret.",
            valueName: "file"
        ),
        completion: .file()
    )
    var config: String?
    @Option(help: "How many events are sent, each a new one.")
    var count = 1
    @Flag(help: "List what can be sent.")
    var list = false
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100_000).contains(count) else { throw ValidationError("--count is 1 to 100000.") }
        if list { return }
        guard let wish, let type else {
            throw ValidationError(
                "Say what to send: usher trigger stripe payment_intent.succeeded, or --list."
            )
        }
        do {
            try wish.check(type: type)
        } catch {
            throw ValidationError("\(error).")
        }
    }

    func run() async throws {
        if list { return try showList() }
        guard let wish, let type else { return }
        let settings = try ControlSettings(url: connection.url, key: connection.key, resolver: .process)
        let trigger = try WebhookTrigger(wish, address: settings.address, resolver: .process)
        let url = settings.address.text + WebhookTrigger.path(of: trigger.source)
        let http = HTTPControl()
        do {
            for _ in 0..<count { try await send(trigger, type, to: url, http) }
        } catch {
            await http.shutdown()
            throw error
        }
        await http.shutdown()
    }

    private func send(
        _ trigger: WebhookTrigger,
        _ type: String,
        to url: String,
        _ http: HTTPControl
    ) async throws {
        let event = try trigger.webhook(type, now: Time.system.now(), random: .system)
        let answer = try await http.post(event.request, to: url + event.querySuffix)
        let accepted = (200...299).contains(answer.status)
        if output.json {
            try Terminal.write(
                [
                    "provider_event_id": .string(event.id), "type": .string(event.type),
                    "source": .string(trigger.source.text), "status": .integer(answer.status),
                    "accepted": .bool(accepted),
                ],
                compact: true
            )
        } else if accepted {
            let outcome = event.isHandshake ? "answered by source" : "stored by source"
            try Terminal.write(
                "\(answer.status)  \(event.type)  \(event.id)  \(outcome) \(trigger.source)"
            )
        }
        guard accepted else {
            if !output.json { Terminal.note(refusal(answer, trigger.source)) }
            throw ExitCode.failure
        }
    }

    private func refusal(_ answer: ControlResponse, _ source: ResourceName) -> String {
        let remedy =
            switch answer.status {
            case 401: "the secret here is not the source's; pass --secret or --config"
            case 404: "there is no enabled source `\(source)`; see `usher sources list`, or pass --source"
            case 503: "the server is busy or cannot write; see its log, or run `usher doctor`"
            default: TerminalText.safe(String(decoding: answer.body.prefix(500), as: UTF8.self))
            }
        return "Error: the server answered \(answer.status): \(remedy)"
    }

    private var wish: WebhookTrigger.Wish? {
        provider.map { .init(provider: $0, source: source, secret: secret, configurationPath: config) }
    }

    private func showList() throws {
        let samples = WebhookTrigger.samples
        if output.json {
            let values = samples.map { provider, type -> JSONValue in
                ["provider": .string(provider), "type": .string(type)]
            }
            return try Terminal.write(.array(values))
        }
        try Terminal.write(
            TextTable([.init("provider"), .init("type")], rows: samples.map { [$0.provider, $0.type] }).lines
        )
    }
}
