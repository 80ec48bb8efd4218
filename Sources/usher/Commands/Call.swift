import ArgumentParser
import Domain
import Gateway
import Providers

struct Call: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has an operation done by the best integration that can do it now.",
        discussion: """
            Examples: usher call payments.charge --input '{"amount": {"amount": 125000, "currency": "EUR"}, "sources": \
            {"stripe": "pm_…"}}'
                      usher call payments.refund --of call_01j9x2m4v8e0tq6r5s7w3y1z0a
                      usher call weather.current --input @place.json --json

            The same --key is the same call: repeat a command with the key it printed, and nothing is done twice.
            """
    )

    @Argument(help: "What is to be done: payments.charge, sms.send, weather.current …")
    var operation: String
    @Option(help: ArgumentHelp("The input as JSON, or @FILE, or @- for standard input.", valueName: "json"))
    var input = "{}"
    @Option(
        help: ArgumentHelp(
            "What it works on: the call that made it, or INTEGRATION/REFERENCE.",
            valueName: "call"
        )
    )
    var of: String?
    @Option(help: "The wedding it is for.")
    var wedding: String?
    @Option(help: "The vendor it is for.")
    var vendor: String?
    @Option(help: "critical, high, normal or low; follows from the operation and the wedding unless given.")
    var priority: String?
    @Flag(name: .customLong("async"), help: "Do not wait: the result leaves as an event.")
    var isAsync = false
    @Option(
        name: .customLong("idempotency-key"),
        help: ArgumentHelp("Names this call; a new one is made and printed unless given.", valueName: "text")
    )
    var idempotencyKey: String?
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard Operation(name: operation) != nil else {
            let capability = Capability(name: String(operation.prefix { $0 != "." }))
            let known =
                capability.map { $0.operations.map(\.rawValue) } ?? Capability.allCases.map { "\($0).…" }
            throw ValidationError(
                "There is no operation `\(operation)`; there are \(known.joined(separator: ", "))."
            )
        }
        if let priority, Priority(name: priority) == nil {
            throw ValidationError("--priority is critical, high, normal or low.")
        }
    }

    func run() async throws {
        guard let operation = Operation(name: operation) else { return }
        let body = try body(operation)
        let fresh = idempotencyKey == nil && !operation.isRead
        let key = idempotencyKey ?? (fresh ? CallArguments.freshKey(random: .system) : nil)
        if fresh, let key { Terminal.note("key: \(key)  (the same call again: --idempotency-key \(key))") }
        try await connection.withClient { client, _ in
            let call = try await client.call(ControlRequest("POST", "/api/calls", body: body), key: key)
            if output.json {
                try Terminal.write(call)
            } else {
                try Terminal.write(CallPage.lines(call))
            }
            let state = call["state"]?.string
            if state == "refused" || state == "failed" { throw ExitCode.failure }
        }
    }

    private func body(_ operation: Operation) throws -> JSONValue {
        var members = [
            JSONMember("capability", .string(operation.capability.rawValue)),
            JSONMember("operation", .string(operation.name)),
        ]
        do {
            members.append(JSONMember("input", try CallArguments.input(input)))
        } catch {
            throw ValidationError(error.description + ".")
        }
        if let of { members.append(JSONMember("of", CallArguments.target(of))) }
        let texts = [("wedding", wedding), ("vendor", vendor), ("priority", priority)]
        members += texts.compactMap { name, text in text.map { JSONMember(name, .string($0)) } }
        if isAsync { members.append(JSONMember("mode", "async")) }
        return .object(members)
    }
}
