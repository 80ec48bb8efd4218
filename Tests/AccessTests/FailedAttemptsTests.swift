import Access
import Domain
import Testing

@Suite struct FailedAttemptsTests {
    let client = ClientNetwork(address: "192.0.2.1")

    @Test func `lets the burst pass and then one more each interval`() {
        var attempts = FailedAttempts()
        for _ in 1...10 { #expect(attempts.attempt(client, now: .zero) == .proceed) }
        #expect(attempts.attempt(client, now: .zero) == .wait(.seconds(6)))
        #expect(attempts.attempt(client, now: .milliseconds(5_999)) == .wait(.milliseconds(1)))
        #expect(attempts.attempt(client, now: .seconds(6)) == .proceed)
        #expect(attempts.attempt(client, now: .seconds(6)) == .wait(.seconds(6)))
        #expect(attempts.attempt(client, now: .seconds(12)) == .proceed)
    }

    @Test func `forgives all after a quiet minute`() {
        var attempts = FailedAttempts()
        for _ in 1...10 { _ = attempts.attempt(client, now: .zero) }
        for _ in 1...10 { #expect(attempts.attempt(client, now: .seconds(60)) == .proceed) }
        #expect(attempts.attempt(client, now: .seconds(60)) == .wait(.seconds(6)))
    }

    @Test func `does not charge what it refuses`() {
        var attempts = FailedAttempts()
        for _ in 1...10 { _ = attempts.attempt(client, now: .zero) }
        for _ in 1...1_000 { _ = attempts.attempt(client, now: .zero) }
        #expect(attempts.attempt(client, now: .seconds(6)) == .proceed)
    }

    @Test func `charges attempts in parallel before they are checked`() {
        var attempts = FailedAttempts()
        let answers = (1...100).map { _ in attempts.attempt(client, now: .zero) }
        #expect(answers.count { $0 == .proceed } == 10)
    }

    @Test func `gives a success its charge back`() {
        var attempts = FailedAttempts()
        for step in 1...10_000 {
            #expect(attempts.attempt(client, now: .milliseconds(step)) == .proceed)
            attempts.succeeded(client, now: .milliseconds(step))
        }
        #expect(attempts.clientCount == 0)
    }

    @Test func `counts clients apart`() {
        var attempts = FailedAttempts()
        for _ in 1...11 { _ = attempts.attempt(client, now: .zero) }
        #expect(attempts.attempt(ClientNetwork(address: "192.0.2.2"), now: .zero) == .proceed)
    }

    @Test func `is bounded over all clients`() {
        var attempts = FailedAttempts()
        for number in 0..<1_000 {
            #expect(attempts.attempt(address(number), now: .zero) == .proceed)
        }
        #expect(attempts.attempt(address(1_000), now: .zero) == .wait(.milliseconds(60)))
        #expect(attempts.attempt(address(1_000), now: .milliseconds(60)) == .proceed)
    }

    @Test func `forgets the settled first and then the smallest debt`() {
        var limits = FailedAttempts.Limits()
        limits.clientsMax = 3
        var attempts = FailedAttempts(limits: limits)
        for _ in 1...10 { _ = attempts.attempt(address(1), now: .zero) }
        for _ in 1...5 { _ = attempts.attempt(address(2), now: .zero) }
        _ = attempts.attempt(address(3), now: .zero)
        _ = attempts.attempt(address(4), now: .zero)
        #expect(attempts.clientCount == 3)
        #expect(attempts.attempt(address(1), now: .zero) == .wait(.seconds(6)), "the worst is remembered")
        _ = attempts.attempt(address(5), now: .seconds(40))
        #expect(attempts.clientCount == 2, "1 owes until 60 s, 2 to 4 are settled by now")
    }

    /// The model remembers every charge as a token that melts on its own: the n-th is gone one interval after the
    /// one before it, or one interval after it was made, whichever is later.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `does what a list of debts does`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var limits = FailedAttempts.Limits()
        limits.clientBurst = 3
        limits.clientInterval = .seconds(5)
        limits.globalBurst = 7
        limits.globalInterval = .seconds(2)
        var attempts = FailedAttempts(limits: limits)
        var model = DebtModel(limits: limits)
        var now = Duration.seconds(-3)
        for step in 0..<2_000 {
            now += .milliseconds(Int.random(in: 0...1_500, using: &random))
            let client = address(Int.random(in: 0..<6, using: &random))
            let expected = model.attempt(client, now: now)
            #expect(attempts.attempt(client, now: now) == expected, "seed \(seed), step \(step)")
            if expected == .proceed, Bool.random(using: &random) {
                now += .milliseconds(Int.random(in: 0...100, using: &random))
                attempts.succeeded(client, now: now)
                model.succeeded(client, now: now)
            }
        }
    }

    private func address(_ number: Int) -> ClientNetwork {
        ClientNetwork(address: "10.0.\(number / 256).\(number % 256)")
    }
}

private struct DebtModel {
    let limits: FailedAttempts.Limits
    var melting: [ClientNetwork: [Duration]] = [:]
    var all: [Duration] = []

    mutating func attempt(_ client: ClientNetwork, now: Duration) -> FailedAttempts.Answer {
        var own = melting[client, default: []].filter { $0 > now }
        all = all.filter { $0 > now }
        var wait = Duration.zero
        if own.count >= limits.clientBurst { wait = own[own.count - limits.clientBurst] - now }
        if all.count >= limits.globalBurst { wait = max(wait, all[all.count - limits.globalBurst] - now) }
        guard wait == .zero else { return .wait(wait) }
        own.append((own.last ?? now) + limits.clientInterval)
        all.append((all.last ?? now) + limits.globalInterval)
        melting[client] = own
        return .proceed
    }

    mutating func succeeded(_ client: ClientNetwork, now: Duration) {
        melting[client] = melting[client, default: []].filter { $0 > now }.dropLast()
        all = all.filter { $0 > now }.dropLast()
    }
}
