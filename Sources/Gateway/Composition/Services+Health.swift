import Calls
import Domain
import Health
import Providers
import Registry
import Resilience
import Storage
import Telemetry
import Transport
import Webhooks

/// What calls tell health: counted at once, and rung.
struct HealthWatch: Sendable {
    let tally: RollupTally
    let doorbell = Doorbell()

    init(time: Time) {
        tally = RollupTally(time: time)
    }

    /// What the desk of calls is given.
    var desk: DeskWatch {
        DeskWatch(
            attempted: { [tally] in tally.attempted($0, $1, latency: $2) },
            tripped: { [doorbell] in doorbell.ring() }
        )
    }
}

/// Who is asked and told of incidents.
struct HealthHooks: Sendable {
    let sight: ImpactSight
    let alerts: AlertDesk
}

extension Services {
    /// The longest a status page may take.
    private static let pageTimeout = Duration.seconds(8)
    /// The most bytes of a status page: Google's tells of the incidents of years.
    private static let pageBytesMax = 4 * 1_024 * 1_024

    /// What follows how everything does.
    static func monitor(
        _ calls: CallEngine,
        _ health: HealthReporter,
        _ database: Database,
        _ telling: (metrics: Metrics, signals: SignalHub),
        _ watch: HealthWatch,
        _ hooks: HealthHooks,
        _ ports: Ports
    ) -> HealthMonitor {
        HealthMonitor(
            ports: healthPorts(calls, health, telling, hooks, ports),
            book: IncidentBook(database: database),
            rollups: RollupBook(database: database),
            tally: watch.tally,
            doorbell: watch.doorbell,
            settings: ports.health
        )
    }

    private static func healthPorts(
        _ calls: CallEngine,
        _ health: HealthReporter,
        _ telling: (metrics: Metrics, signals: SignalHub),
        _ hooks: HealthHooks,
        _ ports: Ports
    ) -> HealthPorts {
        HealthPorts(
            integrations: { calls.views().map { ObservedIntegration($0.integration, $0.view) } },
            endpoints: { try await health.report().observed },
            figures: { name, since in
                let figures = try await calls.figures(of: name, since: since)
                let operations = calls.integration(name)?.dialect.facts.operations ?? []
                return IncidentFigures(figures, hasPayments: operations.contains(.paymentsCharge))
            },
            detours: { name in
                let id = calls.integration(name)?.id
                return try await calls.openFailovers().filter { $0.from == id }.compactMap { record in
                    calls.integration(id: record.to).map {
                        Detour(capability: record.capability, to: $0.name, reason: record.reason)
                    }
                }
            },
            probe: { name in
                await calls.probeInBackground(name).map {
                    ProbeReport(
                        outcome: $0.outcome,
                        status: $0.status,
                        latency: $0.latency,
                        meaning: $0.meaning
                    )
                }
            },
            hasten: { name in
                guard let integration = calls.integration(name) else { return }
                calls.desk.recovered(integration.id)
            },
            nextOnRoute: { calls.successors(of: $0) },
            statusPage: { await read($0, ports) },
            impact: { hooks.sight.impacts(of: $0, $1, at: $2) },
            news: { _, _ in hooks.alerts.ring() },
            signals: telling.signals,
            metrics: telling.metrics,
            time: ports.time,
            random: ports.random,
            logger: ports.logger
        )
    }

    /// What a status page answers; nil when it cannot be had, is too long or not there.
    private static func read(_ page: StatusPage, _ ports: Ports) async -> [UInt8]? {
        let policy = ports.addressPolicy(false)
        guard let url = try? DestinationURL(page.url, policy: policy) else { return nil }
        let request = OutgoingRequest(
            method: "GET",
            url: url,
            headers: [
                ("accept", "application/json, application/atom+xml;q=0.9"), ("user-agent", "Usher/0.1"),
            ],
            body: [],
            timeout: pageTimeout,
            responseBytesMax: pageBytesMax,
            policy: policy
        )
        guard let answer = try? await ports.upstream.send(request), answer.status == 200, !answer.isCut else {
            return nil
        }
        return answer.body
    }
}

extension ObservedIntegration {
    /// The part of a limit that probes may use: one request in twenty.
    private static let shareParts = 20.0

    /// An integration as calls see it.
    fileprivate init(_ integration: CallIntegration, _ view: DeskView) {
        let facts = integration.dialect.facts
        // A stand-in elsewhere is none of the provider's page's business.
        let isProvidersOwn = integration.account.baseURL == facts.baseURL
        self.init(
            id: integration.id,
            name: integration.name,
            provider: facts.provider,
            title: facts.title,
            vendor: integration.vendor,
            isEnabled: integration.isEnabled,
            probeInterval: Self.leastInterval(facts, integration.limits),
            statusPage: isProvidersOwn ? facts.statusPage : nil,
            region: Self.region(of: integration),
            health: view.health,
            sentence: view.sentence
        )
    }

    /// The region of an account in AWS, which is no secret though it stands among the credential's values.
    private static func region(of integration: CallIntegration) -> String? {
        guard integration.account.provider == .awsS3 else { return nil }
        return integration.account.credential["region"].map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// The least time between two probes: what the provider's own facts say where that is more than a minute, and never
    /// more than a twentieth of any limit.
    private static func leastInterval(_ facts: ProviderFacts, _ limits: [ProviderLimit]) -> Duration {
        let operation = Operation.allCases.first { facts.operations.contains($0) }
        let rates = limits.filter { $0.operations.map { $0.contains { $0 == operation } } ?? true }
            .compactMap { limit -> Double? in
                switch limit.kind {
                case .tokenBucket(let ratePerSecond, _): ratePerSecond
                case .fixedWindow(let count, let length): Double(count) / max(length.inSeconds, 1)
                case .concurrency: nil
                }
            }
        let share = rates.filter { $0 > 0 }.map { Duration(fractionalSeconds: min(shareParts / $0, 86_400)) }
        let own = facts.probeInterval > .seconds(60) ? facts.probeInterval : .seconds(2)
        return max(own, share.max() ?? .zero)
    }
}

extension IncidentFigures {
    fileprivate init(_ figures: CallFigures, hasPayments: Bool) {
        self.init(
            taken: figures.taken.map {
                Taken(capability: $0.capability, integration: $0.integration, count: $0.count)
            },
            failed: figures.failed,
            beingChecked: figures.beingChecked,
            held: figures.held,
            twice: figures.twice,
            undone: figures.undone,
            hasPayments: hasPayments
        )
    }
}

extension HealthReport {
    /// The sources and destinations that are switched on, as the monitor sees them.
    fileprivate var observed: [ObservedEndpoint] {
        sources.compactMap { $0.observed(at: at) } + destinations.compactMap { $0.observed(at: at) }
    }
}

extension SourceHealth {
    /// Strangers may send rubbish at any time: refusals alone are no trouble of the source.
    fileprivate func observed(at now: Instant) -> ObservedEndpoint? {
        guard state != .stopped else { return nil }
        let silence = rhythm.sentence(of: source.name, at: now)
        return ObservedEndpoint(
            subject: .source(source.name.text),
            vendor: source.definition.vendor,
            state: state == .down ? .down : silence == nil ? .healthy : .degraded,
            sentence: state == .down ? "webhooks cannot be stored" : silence ?? "webhooks come in"
        )
    }
}

extension DestinationHealth {
    /// One failed delivery is no trouble; a breaker, a long wait and a destination that said 410 are.
    fileprivate func observed(at now: Instant) -> ObservedEndpoint? {
        guard destination.definition.enabled else { return nil }
        let wait = oldestWaitingSince.map { now - $0 } ?? .zero
        let (level, sentence): (IntegrationHealth.State, String) =
            if let stop = destination.stop {
                (.down, "it is stopped: \(stop.reason)")
            } else if state == .down {
                (.down, "it takes no deliveries; \(backlog) wait")
            } else if pausedFor != nil {
                (.degraded, "its URL takes no deliveries; the standby does")
            } else if wait > HealthReporter.waitMax {
                (.degraded, "\(backlog) deliveries wait, the oldest for \(wait.inWords)")
            } else {
                (.healthy, "it takes deliveries")
            }
        return ObservedEndpoint(
            subject: .destination(destination.name),
            vendor: destination.definition.vendor,
            state: level,
            sentence: sentence
        )
    }
}
