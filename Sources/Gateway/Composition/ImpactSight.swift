import Calls
import Domain
import Health
import Providers
import Registry
import Resilience
import Synchronization
import Webhooks

/// What impact, readiness and emergency mode see of the other services.
struct ImpactSight: Sendable {
    let registry: ResourceRegistry
    let weddings: WeddingRegistry
    let calls: CallEngine
    let monitored = MonitoredStates()

    /// What trouble means to weddings, worst first.
    func impacts(
        of subject: IncidentSubject,
        _ state: IntegrationHealth.State,
        at now: Instant
    ) -> [WeddingImpact] {
        ImpactRule.impacts(of: subject, state, in: scene(of: subject), at: now)
    }

    /// What needs emergency mode now.
    func causes(at now: Instant) -> [EmergencyCause] {
        registry.snapshot.integrations.filter(\.definition.enabled).flatMap {
            integration -> [EmergencyCause] in
            let state = state(of: integration)
            guard state.isTrouble else { return [] }
            let subject = IncidentSubject.integration(integration.name)
            return EmergencyCause.causes(subject, state, impacts(of: subject, state, at: now))
        }
    }

    /// The weddings whose day it is.
    func weddingsOn(_ now: Instant) -> Set<WeddingID> {
        Set(weddings.snapshot.weddings.values.filter { $0.clock.phase(at: now) == .day }.map(\.id))
    }

    // MARK: Scenes

    private func scene(of subject: IncidentSubject) -> ImpactScene {
        let snapshot = registry.snapshot
        let all = Array(weddings.snapshot.weddings.values)
        switch subject {
        case .integration(let name):
            let integration = snapshot.integration(named: name)
            return ImpactScene(
                title: integration.map(title) ?? name.text,
                vendor: integration?.definition.vendor,
                capabilities: Capability.allCases.filter { integration?.serves($0) ?? false },
                routes: Capability.allCases.map(route),
                weddings: all
            )
        case .source(let name):
            let vendor = snapshot.sources[name]?.definition.vendor
            return ImpactScene(title: "the source \(name)", vendor: vendor, weddings: all)
        case .destination(let name):
            let vendor = snapshot.destination(named: name)?.definition.vendor
            return ImpactScene(title: "the destination \(name)", vendor: vendor, weddings: all)
        }
    }

    /// The ways of a capability's calls as they are tried now: an operator's order stands before the route.
    private func route(_ capability: Capability) -> ImpactScene.Route {
        let (integrations, isAutomatic) = order(capability)
        return ImpactScene.Route(capability, integrations.map(stop), isAutomatic: isAutomatic)
    }

    private func order(_ capability: Capability) -> ([Integration], isAutomatic: Bool) {
        let route = registry.snapshot.route(for: capability)
        guard let order = calls.desk.order(for: capability),
            let first = route.integrations.first(where: { $0.id == order.integration })
        else { return (route.integrations, route.strategy != .manual) }
        return ([first] + route.integrations.filter { $0.id != first.id }, false)
    }

    private func stop(_ integration: Integration) -> ImpactScene.Stop {
        ImpactScene.Stop(integration.name, title: title(integration), state: state(of: integration))
    }

    /// The provider's name, with the integration's own where there are several of that provider.
    private func title(_ integration: Integration) -> String {
        let provider = integration.facts?.title ?? integration.provider.rawValue
        let isOnly = registry.snapshot.integrations.count { $0.provider == integration.provider } == 1
        return isOnly ? provider : "\(provider) (\(integration.name))"
    }

    /// As the monitor sees it, which probes what nobody calls; before its first look, as calls see it.
    private func state(of integration: Integration) -> IntegrationHealth.State {
        monitored.state(of: integration.id)
            ?? calls.integration(integration.name)
            .flatMap { calls.desk.view($0, onlyKnown: true) }?.health.state ?? .unknown
    }

    // MARK: Readiness

    /// The routes that have integrations, with what is known of these.
    func ways(_ tokens: [Int64: Instant], at now: Instant) async throws -> [ReadinessFacts.Way] {
        let routes = Capability.allCases.map { ($0, order($0)) }.filter { !$0.1.0.isEmpty }
        let tried = try await calls.lastTrials(of: Array(Set(routes.flatMap { $0.1.0.map(\.id) })))
        return routes.map { capability, route in
            ReadinessFacts.Way(
                capability,
                route.0.map { line($0, tried: tried[$0.id], renewed: tokens[$0.id], at: now) },
                isAutomatic: route.isAutomatic
            )
        }
    }

    /// The own accounts of these vendors, as far as calls are made with them.
    func accounts(
        of vendors: Set<ResourceName>,
        _ tokens: [Int64: Instant],
        at now: Instant
    ) -> [ReadinessFacts.Line] {
        registry.snapshot.integrations.filter {
            $0.definition.enabled && ($0.definition.vendor.map(vendors.contains) ?? false)
        }
        .map { line($0, tried: nil, renewed: tokens[$0.id], at: now) }
    }

    private func line(
        _ integration: Integration,
        tried: Instant?,
        renewed: Instant?,
        at now: Instant
    ) -> ReadinessFacts.Line {
        ReadinessFacts.Line(
            stop(integration),
            triedAt: tried,
            needsConsent: integration.consent != nil,
            credentialEndsAt: TokenRenewals.endsAt(integration.provider, renewedAt: renewed, now: now)
        )
    }

    /// How far the limits of these integrations reach until the wedding's day has ended.
    func quotas(of wedding: Wedding, _ names: [ResourceName], at now: Instant) -> [ReadinessFacts.Quota] {
        let clock = wedding.clock
        guard now < clock.after else { return [] }
        let length = clock.after - now
        let integrations: [CallIntegration] = names.compactMap { calls.integration($0) }
        return integrations.flatMap { integration -> [ReadinessFacts.Quota] in
            let held = calls.desk.reservations(at: integration.id).filter {
                $0.share.wedding == wedding.id && $0.share.from < clock.after && clock.day < $0.share.to
            }
            return calls.desk.outlook(of: integration, for: length).compactMap { limit, outlook, usual in
                // Requests in flight do not run out.
                guard let outlook else { return nil }
                let isKnown = usual != nil && length <= UsageForecast.spanMax && outlook.capacity > 0
                return ReadinessFacts.Quota(
                    integration: integration.name,
                    limit: limit,
                    reserved: held.filter { $0.limit.utf8.elementsEqual(limit.utf8) }
                        .reduce(0) { $0 + $1.share.quota },
                    leftPart: isKnown ? outlook.left / outlook.capacity : nil
                )
            }
        }
    }
}

/// What the monitor says of integrations, once there is one: it is made after those who ask.
final class MonitoredStates: Sendable {
    private let monitor = Mutex<HealthMonitor?>(nil)

    /// Asks this monitor from now on.
    func follow(_ monitor: HealthMonitor) {
        self.monitor.withLock { $0 = monitor }
    }

    /// How an integration does; nil before it was looked at.
    func state(of integration: Int64) -> IntegrationHealth.State? {
        monitor.withLock { $0 }?.standing(integration).flatMap {
            IntegrationHealth.State(rawValue: $0.state.rawValue)
        }
    }
}
