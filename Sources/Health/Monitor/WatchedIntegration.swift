import Domain
import Resilience

/// One integration as the monitor follows it.
struct WatchedIntegration: Sendable {
    /// What is told of it while anything changes.
    struct Figures: Hashable, Sendable {
        let state: HealthState
        let health: IntegrationHealth
    }

    /// A change of its state, with the words for it.
    struct Change: Sendable {
        let transition: HealthTransition
        let sighting: Sighting
    }

    var seen: ObservedIntegration
    var machine: HealthMachine
    var plan: ProbePlan
    var isProbing = false
    var greensInARow = 0
    /// What its status page said last.
    var page: StatusReading?
    var toldFigures: Figures?
    /// Until when its time is counted for the state it is in.
    var countedTo: Duration

    init(_ seen: ObservedIntegration, now: Duration, jitter: Double) {
        self.seen = seen
        machine = HealthMachine(now: now)
        plan = ProbePlan(now: now, jitter: jitter)
        countedTo = now
    }

    var figures: Figures { Figures(state: machine.state, health: seen.health) }

    /// How it does, for its incident.
    var sighting: Sighting {
        let reasons = machine.reasons
        return Sighting(
            subject: .integration(seen.name),
            title: seen.title,
            vendor: seen.vendor,
            state: machine.state,
            counts: reasons.contains(where: \.opensIncidents),
            trouble: machine.state.trouble(reasons),
            why: reasons.words
        )
    }

    /// Takes in how it does by its calls.
    mutating func saw(_ seen: ObservedIntegration, now: Duration, jitter: Double) -> Change? {
        // Green probes prove nothing against a call that has ended since.
        if seen.health.newsAt != self.seen.health.newsAt { greensInARow = 0 }
        self.seen = seen
        return follow(machine.observe(traffic: seen.health, now: now), now: now, jitter: jitter)
    }

    /// Takes in how a probe ended.
    mutating func probed(_ report: ProbeReport, now: Duration, jitter: Double) -> Change? {
        isProbing = false
        let result = report.result
        if result == .answered || result == .slow {
            greensInARow += 1
        } else if result != .inconclusive {
            greensInARow = 0
        }
        return follow(machine.observe(probe: result, now: now), now: now, jitter: jitter)
    }

    /// Takes in what its status page says.
    mutating func read(_ reading: StatusReading, now: Duration, jitter: Double) -> Change? {
        page = reading
        return follow(machine.observe(statusPage: reading.level, now: now), now: now, jitter: jitter)
    }

    /// Whether green probes say that it is back, while its breaker still keeps calls away.
    var isWaitingForTrial: Bool {
        guard greensInARow >= machine.limits.greenMin else { return false }
        return switch seen.health.breaker {
        case .open, .halfOpen: true
        case .closed, .ramping, .held: false
        }
    }

    private mutating func follow(_ transition: HealthTransition?, now: Duration, jitter: Double) -> Change? {
        guard let transition else { return nil }
        plan.saw(machine.state, floor: seen.probeInterval, now: now, jitter: jitter)
        return Change(transition: transition, sighting: sighting)
    }
}

/// How something does, as far as its incident is concerned.
struct Sighting: Sendable {
    let subject: IncidentSubject
    /// What people call it.
    let title: String
    let vendor: ResourceName?
    let state: HealthState
    /// Whether its trouble opens an incident.
    let counts: Bool
    /// In a word.
    let trouble: String
    /// In words.
    let why: String
}

extension ProbeReport {
    /// What it says of health.
    var result: ProbeResult {
        switch outcome {
        case .ok: .answered
        case .slow: .slow
        case .fail: .failed
        case .caller: status == 401 || status == 403 ? .denied : .inconclusive
        case .rejected: .inconclusive
        }
    }
}
