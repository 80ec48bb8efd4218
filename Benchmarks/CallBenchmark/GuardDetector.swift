import Domain
import Resilience

/// The guard of the gateway as it stands.
struct GuardDetector: Detector {
    /// A probe is given up after this many seconds.
    static let probeTimeout = 3.0

    let probes: Bool
    private var subject: IntegrationGuard
    private var tickets: [Int: IntegrationGuard.Ticket] = [:]
    private var probeTickets: [Int: ConfirmingProbes.Ticket] = [:]
    private(set) var probesSent = 0

    init(probes: Bool, inFlightMax: Int = 2000) {
        self.probes = probes
        subject = IntegrationGuard(limits: .init(inFlightMax: inFlightMax), now: .zero)
    }

    var trips: Int { subject.trips }
    var isWarned: Bool { subject.isWarned }

    var flow: Flow {
        switch subject.breakerState {
        case .closed: .all
        case .ramping: .some
        case .open, .halfOpen, .held: .none
        }
    }

    func health(now: Double) -> IntegrationHealth { subject.health(now: Duration(fractionalSeconds: now)) }

    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool {
        let now = Duration(fractionalSeconds: now)
        guard case .allowed(let ticket) = subject.admit(priority: .critical, now: now, chance: chance) else {
            return false
        }
        subject.began(ticket, now: now)
        tickets[number] = ticket
        return true
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        guard let ticket = tickets.removeValue(forKey: exchange.number) else { return }
        subject.finished(
            ticket,
            outcome: exchange.failed ? .fail : .ok,
            latency: Duration(fractionalSeconds: exchange.latency),
            now: Duration(fractionalSeconds: now),
            jitter: chance
        )
    }

    mutating func tick(now: Double, chance: Double) {
        subject.tick(now: Duration(fractionalSeconds: now), jitter: chance)
    }

    func probeDue(now: Double) -> Double? {
        probes ? subject.probeDue(now: Duration(fractionalSeconds: now))?.inSeconds : nil
    }

    mutating func takeProbe(_ number: Int, now: Double) -> Bool {
        guard probes, let ticket = subject.takeProbe(now: Duration(fractionalSeconds: now)) else {
            return false
        }
        probeTickets[number] = ticket
        probesSent += 1
        return true
    }

    mutating func probed(_ exchange: Exchange, now: Double, chance: Double) {
        guard let ticket = probeTickets.removeValue(forKey: exchange.number) else { return }
        subject.probed(
            exchange.failed ? .fail : .ok,
            ticket: ticket,
            now: Duration(fractionalSeconds: now),
            jitter: chance
        )
    }
}
