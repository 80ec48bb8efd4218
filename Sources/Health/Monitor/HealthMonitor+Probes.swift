import Domain
import Logging
import Providers
import Resilience
import Synchronization
import Telemetry

extension HealthMonitor {
    /// The integrations whose probe is due now; they are marked as being probed.
    func dueProbes() -> [ResourceName] {
        guard settings.probes else { return [] }
        let now = ports.time.elapsed()
        return state.withLock { state in
            var room = Self.probesMax - state.integrations.values.count { $0.isProbing }
            var names: [ResourceName] = []
            for id in state.integrations.keys.sorted() where room > 0 {
                guard var watched = state.integrations[id], watched.seen.isEnabled, !watched.isProbing,
                    watched.plan.due(
                        watched.seen.health,
                        floor: watched.seen.probeInterval,
                        now: now,
                        jitter: ports.random.fraction()
                    )
                else { continue }
                watched.isProbing = true
                state.integrations[id] = watched
                names.append(watched.seen.name)
                room -= 1
            }
            return names
        }
    }

    /// Sends one probe and takes in how it ended.
    func probe(_ name: ResourceName) async {
        let report = await ports.probe(name)
        let now = ports.time.elapsed()
        let jitter = ports.random.fraction()
        let (change, isWaiting) = state.withLock { state -> (WatchedIntegration.Change?, Bool) in
            guard let id = state.integrations.first(where: { $0.value.seen.name == name })?.key else {
                return (nil, false)
            }
            guard let report else {
                state.integrations[id]?.isProbing = false
                return (nil, false)
            }
            let change = state.integrations[id]?.probed(report, now: now, jitter: jitter)
            return (change, state.integrations[id]?.isWaitingForTrial ?? false)
        }
        ports.metrics.counter(
            "usher_health_probes_total",
            help: "Probes of integrations, by what they found; `skipped` where the budget had none to spare.",
            labels: [("integration", name.text), ("result", report?.result.rawValue ?? "skipped")]
        ).increment()
        if let change {
            tell(change)
            ring()
        }
        if isWaiting { ports.hasten(name) }
    }

    /// Readies the integrations that calls would go to next, where trouble is near.
    func expectCalls(_ now: Duration) {
        let troubled = state.withLock { state in
            state.integrations.values.filter { $0.seen.isEnabled && $0.isNearTrouble }.map(\.seen.name)
        }
        for name in troubled {
            guard let next = ports.nextOnRoute(name).first else { continue }
            state.withLock { state in
                guard let id = state.integrations.first(where: { $0.value.seen.name == next })?.key,
                    let floor = state.integrations[id]?.seen.probeInterval
                else { return }
                state.integrations[id]?.plan.expectCalls(floor: floor, now: now)
            }
        }
    }
}

extension WatchedIntegration {
    /// Whether calls may soon leave it.
    fileprivate var isNearTrouble: Bool {
        seen.health.isWarned || machine.state == .degraded || machine.state == .unhealthy
    }
}

/// A page, and the part of it that counts.
struct PageKey: Hashable, Sendable {
    let page: StatusPage
    let provider: APIProvider
    let region: String?
}

/// When a page is read next.
struct PageTurn: Sendable {
    var next: Duration
}

extension HealthMonitor {
    /// The time between two readings of a page while all is well.
    package static let pagesEvery = Duration.seconds(300)
    /// The time between two readings of a page while something is not.
    package static let pagesEveryInTrouble = Duration.seconds(60)
    /// The time between two looks at which pages are due.
    static let pageTick = Duration.seconds(5)

    /// Reads status pages until cancelled.
    func turnPages() async {
        while (try? await ports.time.sleep(Self.pageTick)) != nil { await readDuePages() }
    }

    /// Reads the pages that are due.
    func readDuePages() async {
        let now = ports.time.elapsed()
        let due = state.withLock { state -> [PageKey] in
            let enabled = state.integrations.values.filter(\.seen.isEnabled)
            let keys = Set(enabled.compactMap(\.pageKey))
            state.pages = state.pages.filter { keys.contains($0.key) }
            let troubled = Set(enabled.filter { $0.machine.state > .healthy }.compactMap(\.pageKey))
            return keys.sorted { $0.page.url < $1.page.url }.filter { key in
                let every = troubled.contains(key) ? Self.pagesEveryInTrouble : Self.pagesEvery
                let next = min(state.pages[key]?.next ?? now, now + every)
                state.pages[key] = PageTurn(next: next <= now ? now + every : next)
                return next <= now
            }
        }
        for key in due where !Task.isCancelled { await read(key) }
    }

    private func read(_ key: PageKey) async {
        let reading =
            await ports.statusPage(key.page).map { bytes in
                StatusReading(
                    bytes,
                    format: key.page.format,
                    provider: key.provider,
                    region: key.region,
                    now: ports.time.now()
                )
            } ?? .unreadable
        let now = ports.time.elapsed()
        let jitter = ports.random.fraction()
        var changes: [WatchedIntegration.Change] = []
        var news: [(ObservedIntegration, StatusReading)] = []
        state.withLock { state in
            for id in state.integrations.keys.sorted() where state.integrations[id]?.pageKey == key {
                let old = state.integrations[id]?.page
                if let change = state.integrations[id]?.read(reading, now: now, jitter: jitter) {
                    changes.append(change)
                }
                let isNew = reading.level != .unreadable && (old.map { $0 != reading } ?? (reading.isTrouble))
                if isNew, let seen = state.integrations[id]?.seen { news.append((seen, reading)) }
            }
        }
        for change in changes { tell(change) }
        for (seen, reading) in news {
            await note(.statusPage, reading.sentence(of: seen.title), about: .integration(seen.name))
        }
    }
}

extension WatchedIntegration {
    fileprivate var pageKey: PageKey? {
        seen.statusPage.map { PageKey(page: $0, provider: seen.provider, region: seen.region) }
    }
}

extension StatusReading {
    fileprivate var isTrouble: Bool { level == .degraded || level == .outage || level == .maintenance }

    fileprivate func sentence(of title: String) -> String {
        let words =
            switch level {
            case .operational: "all is well"
            case .degraded: "something is slower or fails more often"
            case .outage: "something is out of order"
            case .maintenance: "something is being maintained"
            case .unreadable: "nothing that can be understood"
            }
        return "\(title)'s status page says: \(words)\(text.isEmpty ? "" : " (\(text))")."
    }
}
