import ArgumentParser
import Domain
import Gateway

struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copies events, as they come in, to a program on this machine.",
        discussion: """
            Examples: usher listen --forward http://127.0.0.1:3000/hooks
                      usher listen --forward http://127.0.0.1:3000/hooks --source stripe --type 'payment_intent.*'

            Each event is posted with its very bytes, signed by Standard Webhooks with a secret made for this run
            (or --secret). A copy is no delivery: whatever your program answers, the server does not learn of it.
            In a terminal: \(LiveCopies.help)
            """
    )

    @Option(help: ArgumentHelp("Where copies are posted; without it they are only shown.", valueName: "url"))
    var forward: String?
    @Option(help: "Only events of this source.")
    var source: String?
    @Option(help: "Only events of this type; payment_intent.* for a family.")
    var type: String?
    @Option(
        help: ArgumentHelp(
            "The secret copies are signed with, or env:NAME or file:PATH where to read it.",
            valueName: "secret"
        )
    )
    var secret: String?
    @OptionGroup var connection: ConnectionOptions

    /// How often is asked for new events.
    static let interval = Duration.milliseconds(500)

    func validate() throws {
        guard let forward else { return }
        do {
            _ = try ControlAddress(origin(of: forward))
        } catch {
            throw ValidationError("\(error).")
        }
    }

    func run() async throws {
        let text = try secret.map { try SecretResolver.process.resolve(text: $0, for: "--secret") }
        let secret = text ?? Secret(FreshSecrets.signing())
        if let forward {
            Terminal.note(
                "Copies go to \(forward), signed with \(String(decoding: secret.bytes, as: UTF8.self))"
            )
        }
        Terminal.note(
            Keyboard.isThere ? "Waiting for events. \(LiveCopies.help)" : "Waiting for events; Ctrl-C ends."
        )
        try await connection.withClient { client, http in
            let session = Session(copies: LiveCopies(forwards: forward != nil)) { copy in
                await send(copy, secret, http)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await follow(client, session) }
                if Keyboard.isThere {
                    group.addTask {
                        try await Keyboard.withKeys { key in try await session.perform { $0.pressed(key) } }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// Asks for new events again and again; past ones are not copied.
    private func follow(_ client: ControlClient, _ session: Session) async throws {
        var tail = EventTail()
        _ = tail.take(try await page(client, since: nil), first: 0)
        while true {
            try await Time.system.sleep(Self.interval)
            for event in tail.take(try await page(client, since: tail.since), first: EventTail.seenMax) {
                guard let id = event["id"]?.string else { continue }
                let query = [(name: "payload", value: "base64")]
                let whole = try await client.get("/api/events/\(id)", query: query)
                guard let copy = EventCopy(whole) else { continue }
                try await session.perform { $0.arrived(copy) }
            }
        }
    }

    private func page(_ client: ControlClient, since: Instant?) async throws -> [JSONValue] {
        let filter: [(String, String?)] = [
            ("source", source), ("type", type), ("since", since?.description),
        ]
        let query = filter.compactMap { name, value in value.map { (name: name, value: $0) } }
        return try await client.list("/api/events", query: query, limit: EventTail.seenMax).elements()
    }

    private func send(_ copy: EventCopy, _ secret: Secret, _ http: HTTPControl) async -> EventCopy.Answer {
        guard let forward else { return .failed("there is no --forward") }
        do {
            let message = copy.message(to: forward, secret: secret, now: Time.system.now())
            return .status(try await http.send(message).status)
        } catch {
            return .failed("\(error)")
        }
    }

    private func origin(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/")
    }
}

/// The copies of one run and what is done with them.
private actor Session {
    private var copies: LiveCopies
    private let send: @Sendable (EventCopy) async -> EventCopy.Answer

    init(copies: LiveCopies, send: @escaping @Sendable (EventCopy) async -> EventCopy.Answer) {
        self.copies = copies
        self.send = send
    }

    func perform(_ step: (inout LiveCopies) -> [LiveCopies.Action]) async throws {
        var actions = step(&copies)[...]
        while let action = actions.popFirst() {
            switch action {
            case .write(let lines): try Terminal.write(lines)
            case .quit: throw ExitCode.success
            case .forward(let copy):
                let start = Time.system.elapsed()
                let answer = await send(copy)
                actions += copies.answered(copy, answer, took: Time.system.elapsed() - start)
            }
        }
    }
}
