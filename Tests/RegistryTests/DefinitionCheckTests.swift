import Domain
import Registry
import Testing
import Transport

struct DefinitionCheckTests {
    private let check = DefinitionCheck { AddressPolicy(allowPrivate: $0) }

    @Test func `a destination's problems are all told, each with its field`() {
        let wrong = DestinationDefinition(
            name: name("app"),
            url: "ftp://app.example.com",
            standbyURL: "https://127.0.0.1/",
            events: ["*.paid"],
            concurrency: 0,
            ratePerSecond: 0,
            timeout: .milliseconds(999),
            attemptsMax: 101
        )
        let fields = check.problems(wrong, secrets: []).map(\.field)
        #expect(
            fields == [
                "url", "standby_url", "secret", "events", "concurrency", "attempts_max", "timeout_seconds",
                "rate_per_second",
            ]
        )
    }

    @Test func `a source's problems are all told, each with its field`() {
        let wrong = SourceDefinition(
            name: name("shop"),
            provider: "stripe",
            settings: ["colour": "red"],
            bodyBytesMax: 1_023,
            ratePerSecond: 100_001
        )
        let fields = check.problems(wrong, secrets: Array(repeating: secret(1), count: 9)).map(\.field)
        #expect(fields == ["settings.colour", "secrets", "body_bytes_max", "rate_per_second"])
        let unknown = SourceDefinition(name: name("shop"), provider: "acme")
        #expect(check.problems(unknown, secrets: [secret(1)]).map(\.field) == ["provider"])
    }

    @Test(arguments: [(1_024, true), (10_485_760, true), (1_023, false), (10_485_761, false)])
    func `a body limit is 1 KiB to 10 MiB`(_ bytes: Int, _ isRight: Bool) {
        let definition = SourceDefinition(name: name("shop"), provider: "stripe", bodyBytesMax: bytes)
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty == isRight)
    }

    @Test(arguments: [(8, true), (9, false)])
    func `a source has at most eight secrets`(_ count: Int, _ isRight: Bool) {
        let definition = SourceDefinition(name: name("shop"), provider: "stripe")
        let secrets = (0..<count).map { secret(UInt8($0)) }
        #expect(check.problems(definition, secrets: secrets).isEmpty == isRight)
    }

    @Test(arguments: [
        (1, 1, true), (3_650, 3_650, true), (30, 29, false), (0, 1, false), (1, 3_651, false), (1, 0, false),
    ])
    func `bodies are kept for 1 to 3650 days, fields for as long at least`(
        _ bodies: Int,
        _ fields: Int,
        _ isRight: Bool
    ) {
        let retention = SourceRetention(bodiesDays: bodies, fieldsDays: fields)
        let definition = SourceDefinition(name: name("shop"), provider: "stripe", retention: retention)
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty == isRight)
    }

    @Test(arguments: [(64, true), (65, false)])
    func `a source has at most 64 ranges of addresses`(_ count: Int, _ isRight: Bool) {
        let ranges = (0..<count).map { "192.0.2.\($0)" }
        let definition = SourceDefinition(name: name("shop"), provider: "stripe", allowFrom: ranges)
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty == isRight)
    }

    @Test(arguments: [("192.0.2.0/24", true), ("192.0.2.1/24", false), ("stripe.com", false)])
    func `a range of addresses is a prefix without stray bits`(_ range: String, _ isRight: Bool) {
        let definition = SourceDefinition(name: name("shop"), provider: "stripe", allowFrom: [range])
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty == isRight)
    }

    @Test(arguments: [(0, false), (1, true), (2, true), (3, false)])
    func `a destination has one secret, or two`(_ count: Int, _ isRight: Bool) {
        let definition = DestinationDefinition(name: name("app"), url: "https://app.example.com")
        let secrets = (0..<count).map { secret(UInt8($0)) }
        #expect(check.problems(definition, secrets: secrets).isEmpty == isRight)
    }

    @Test(arguments: [(0, false), (1, true), (64, true), (65, false)])
    func `a destination has 1 to 64 patterns`(_ count: Int, _ isRight: Bool) {
        let events = (0..<count).map { "type.\($0)" }
        let definition = DestinationDefinition(
            name: name("app"),
            url: "https://a.example.com",
            events: events
        )
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty == isRight)
    }

    @Test(arguments: [
        (Duration.milliseconds(999), false), (.seconds(1), true), (.seconds(60), true),
        (.milliseconds(60_001), false),
    ])
    func `an attempt takes 1 to 60 seconds`(_ timeout: Duration, _ isRight: Bool) {
        let definition = DestinationDefinition(
            name: name("app"),
            url: "https://a.example.com",
            timeout: timeout
        )
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty == isRight)
    }

    @Test(arguments: [
        "http://app.example.com/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data", "https://localhost/",
    ])
    func `private addresses and plain http need to be allowed`(_ url: String) {
        var definition = DestinationDefinition(name: name("app"), url: url)
        #expect(check.problems(definition, secrets: [secret(1)]).map(\.field) == ["url"])
        guard !url.contains("169.254") else { return }
        definition.allowPrivate = true
        #expect(check.problems(definition, secrets: [secret(1)]).isEmpty)
    }
}
