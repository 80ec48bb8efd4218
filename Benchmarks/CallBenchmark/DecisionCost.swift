import Domain
import Resilience
import Synchronization

/// What one decision costs: a call is admitted, begins, and ends, behind the lock that the call engine holds.
struct DecisionCost {
    /// Decisions timed together: a clock read costs as much as a decision.
    static let batch = 1000

    func report() {
        let clock = ContinuousClock()
        let subject = Mutex(IntegrationGuard(now: .zero))
        var dice = Dice(seed: 1)
        let latencies = (0..<Self.batch).map { _ in
            Duration(fractionalSeconds: 0.25 * (1 + 0.5 * dice.fraction()))
        }
        var now = Duration.zero
        var whole: [Double] = []
        var admitting: [Double] = []
        for round in 0..<2200 {
            let start = clock.now
            for latency in latencies {
                now += .milliseconds(2)
                subject.withLock { Self.decide(&$0, latency: latency, now: now) }
            }
            let middle = clock.now
            for _ in 0..<Self.batch {
                subject.withLock { subject in
                    guard case .allowed(let ticket) = subject.admit(priority: .normal, now: now, chance: 0.5)
                    else {
                        preconditionFailure("a healthy integration lets calls through")
                    }
                    subject.abandoned(ticket, now: now)
                }
            }
            let end = clock.now
            guard round >= 200 else { continue }  // Warm first.
            whole.append(nanoseconds(middle - start))
            admitting.append(nanoseconds(end - middle))
        }
        whole.sort()
        admitting.sort()
        print("### Cost of one decision, ns (2000 batches of \(Self.batch), one thread, lock included)\n")
        print("| what | p50 | p95 |\n|---|---|---|")
        print("| admit, began, finished | \(Int(quantile(whole, 0.5))) | \(Int(quantile(whole, 0.95))) |")
        print("| admit, abandoned | \(Int(quantile(admitting, 0.5))) | \(Int(quantile(admitting, 0.95))) |")
    }

    private static func decide(_ subject: inout IntegrationGuard, latency: Duration, now: Duration) {
        guard case .allowed(let ticket) = subject.admit(priority: .normal, now: now, chance: 0.5) else {
            preconditionFailure("a healthy integration lets calls through")
        }
        subject.began(ticket, now: now)
        subject.finished(ticket, outcome: .ok, latency: latency, now: now, jitter: 0.5)
    }

    private func nanoseconds(_ elapsed: Duration) -> Double {
        elapsed.inSeconds * 1e9 / Double(Self.batch)
    }
}
