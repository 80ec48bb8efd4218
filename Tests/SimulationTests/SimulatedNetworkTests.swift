import Domain
import Simulation
import Testing

@Suite struct SimulatedNetworkTests {
    private struct Outcome: Sendable, Equatable {
        var arrivals = 0
        var answers = 0
        var refusals = 0
        var timeouts = 0
        var elapsed = Duration.zero
    }

    /// One hundred exchanges, one after the other, over a network with these faults.
    private static func exchange(_ faults: NetworkFaults, peerAnswers: Bool = true) -> Outcome {
        let outcomes = Notes<Outcome>()
        let arrivals = Counter()
        var plan = FaultPlan()
        plan.network = faults
        let report = Simulator { world in
            var outcome = Outcome()
            for number in 0..<100 {
                do {
                    let answer = try await world.network.exchange(timeout: .seconds(30)) { () -> Int? in
                        arrivals.add()
                        return peerAnswers ? number : nil
                    }
                    #expect(answer == number)
                    outcome.answers += 1
                } catch NetworkError.refused {
                    outcome.refusals += 1
                } catch NetworkError.timedOut {
                    outcome.timeouts += 1
                }
            }
            outcome.elapsed = world.time.elapsed()
            try await world.time.sleep(.seconds(600))
            outcome.arrivals = arrivals.count
            outcomes.add(outcome)
        }.run(seed: 3, plan: plan)
        #expect(report.isClean, "\(report.summary)")
        return outcomes.all[0]
    }

    @Test func `a good network brings every answer and takes its time`() {
        let outcome = Self.exchange(NetworkFaults())
        #expect(outcome.answers == 100 && outcome.arrivals == 100)
        #expect(outcome.elapsed >= .milliseconds(200) && outcome.elapsed <= .seconds(16))
    }

    @Test func `a lost request has no effect and is a time-out`() {
        var faults = NetworkFaults()
        faults.requestLost = 1
        let outcome = Self.exchange(faults)
        #expect(outcome.timeouts == 100 && outcome.arrivals == 0)
        #expect(outcome.elapsed == .seconds(3_000))
    }

    @Test func `a lost answer is a time-out after the effect`() {
        var faults = NetworkFaults()
        faults.answerLost = 1
        let outcome = Self.exchange(faults)
        #expect(outcome.timeouts == 100 && outcome.arrivals == 100)
    }

    @Test func `a late answer comes after the caller has left`() {
        var faults = NetworkFaults()
        faults.late = 1
        let outcome = Self.exchange(faults)
        #expect(outcome.timeouts == 100 && outcome.arrivals == 100)
    }

    @Test func `a doubled request takes effect twice and is answered once`() {
        var faults = NetworkFaults()
        faults.duplicated = 1
        let outcome = Self.exchange(faults)
        #expect(outcome.answers == 100 && outcome.arrivals == 200)
    }

    @Test func `a refused connection has no effect and is told at once`() {
        var faults = NetworkFaults()
        faults.refused = 1
        let outcome = Self.exchange(faults)
        #expect(outcome.refusals == 100 && outcome.arrivals == 0 && outcome.elapsed == .zero)
    }

    @Test func `where nothing listens the connection is refused`() {
        #expect(Self.exchange(NetworkFaults(), peerAnswers: false).refusals == 100)
    }

    @Test func `a chance of one half is met about half the time`() {
        var faults = NetworkFaults()
        faults.requestLost = 0.5
        #expect((30...70).contains(Self.exchange(faults).timeouts))
    }
}
