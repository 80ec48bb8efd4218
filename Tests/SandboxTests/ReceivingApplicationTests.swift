import Domain
import Sandbox
import Signatures
import Testing

private let secret = Secret("whsec_" + Base64.encode(Array(0..<32)))
private let start = Instant(seconds: 1_795_000_000)

private func delivery(_ id: String, body: String = "{}", secret: Secret = secret) -> WebhookRequest {
    let body = Array(body.utf8)
    let headers = StandardWebhooksSigner.headers(id: id, timestamp: start, body: body, secrets: [secret])
    return WebhookRequest(url: "http://127.0.0.1:3000/hooks", headers: Headers(headers), body: body)
}

private func application(
    _ behaviour: ReceivingApplication.Behaviour,
    seed: UInt64 = 1
) -> ReceivingApplication {
    ReceivingApplication(secrets: [secret], behaviour: behaviour, seed: seed)
}

struct ReceivingApplicationTests {
    @Test func `what Usher signed is taken and remembered`() {
        var application = application(.steady)
        #expect(application.receive(delivery("evt_1"), now: start) == .accepted)
        #expect(application["evt_1"]?.acceptedNumber == 0)
        #expect(application.accepted == 1)
        #expect(application.doubled == 0)
    }

    @Test func `what somebody else signed is refused and not remembered`() {
        var application = application(.steady)
        let stranger = Secret("whsec_" + Base64.encode(Array(32..<64)))
        #expect(application.receive(delivery("evt_1", secret: stranger), now: start) == .refused)
        var altered = delivery("evt_1")
        altered = WebhookRequest(url: altered.url, headers: altered.headers, body: Array("{ }".utf8))
        #expect(application.receive(altered, now: start) == .refused)
        #expect(application.receive(delivery("evt_1"), now: start + .seconds(301)) == .refused)
        #expect(application["evt_1"] == nil)
        #expect(application.refused == 3)
    }

    @Test func `an event that is taken twice is a double`() {
        var application = application(.steady)
        for _ in 0..<3 { _ = application.receive(delivery("evt_1"), now: start) }
        #expect(application.accepted == 1)
        #expect(application.doubled == 2)
        #expect(application.repeated == 2)
    }

    @Test func `an event that failed and comes again is no double`() {
        var application = application(.init(failing: 1_000, busy: 0, silent: 0, poisoned: 0))
        #expect(application.receive(delivery("evt_1"), now: start) == .failed)
        #expect(application.receive(delivery("evt_1"), now: start) == .failed)
        #expect(application.repeated == 1)
        #expect(application.doubled == 0)
        #expect(application["evt_1"]?.acceptedNumber == nil)
    }

    @Test func `it is busy for a time within its range`() {
        var application = application(
            .init(failing: 0, busy: 1_000, silent: 0, poisoned: 0, retryAfterSeconds: 4...6)
        )
        for number in 0..<50 {
            let answer = application.receive(delivery("evt_\(number)"), now: start)
            guard case .busy(let seconds) = answer else { return #expect(Bool(false), "\(answer)") }
            #expect((4...6).contains(seconds))
            #expect(answer.status == 503)
        }
    }

    @Test func `a poisoned event fails each time while others pass`() {
        var application = application(.init(failing: 0, busy: 0, silent: 0, poisoned: 300), seed: 5)
        let first = (0..<200).map { application.receive(delivery("evt_\($0)"), now: start) }
        let second = (0..<200).map { application.receive(delivery("evt_\($0)"), now: start) }
        #expect(first == second)
        #expect(first.contains(.failed))
        #expect(first.contains(.accepted))
    }

    @Test func `the same seed fails the same requests, at about the asked rate`() {
        let behaviour = ReceivingApplication.Behaviour(failing: 100, busy: 50, silent: 50, poisoned: 0)
        var first = application(behaviour, seed: 9)
        var second = application(behaviour, seed: 9)
        let answers = (0..<1_000).map { first.receive(delivery("evt_\($0)"), now: start) }
        #expect(answers == (0..<1_000).map { second.receive(delivery("evt_\($0)"), now: start) })
        #expect((720...880).contains(answers.filter { $0 == .accepted }.count))
        #expect(answers.contains(.silence))
    }
}
