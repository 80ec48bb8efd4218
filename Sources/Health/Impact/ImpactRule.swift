package import Domain
package import Providers
package import Resilience

/// What something that does badly means to each wedding, and why, in a planner's words.
///
/// The level without anything that stands in, for what a wedding day cannot do without (`isVital`). An item is near in
/// the hour before it begins:
///
/// | phase | an item is near | degraded | unhealthy | down |
/// |---|---|---|---|---|
/// | planning, after | no | none | low | low |
/// | planning, after | yes | low | medium | medium |
/// | finalWeek | no | low | medium | medium |
/// | finalWeek | yes | medium | high | high |
/// | eve | no | low | medium | high |
/// | eve | yes | medium | high | critical |
/// | day | no | medium | high | critical |
/// | day | yes | high | critical | critical |
///
/// From there, in this order:
///
/// | when | level |
/// |---|---|
/// | the capability is not vital | one lower |
/// | another integration that works stands in by itself | two lower, on the day at least low |
/// | the trouble is at an integration that others stand before, and one of them works | low from the final week on, if it is unhealthy or down; else none |
///
/// Stand-ins take new work. What lives at one integration already (a refund, a meeting's link) waits for it.
package enum ImpactRule {
    /// The most impacts of one incident; the worst are kept.
    package static let impactsMax = 200

    /// Whether a wedding day cannot do without it; nil is webhooks to the application.
    ///
    /// Money, messages to guests and vendors, and the stream for those who are far away. Mails, calendars, pictures and
    /// forecasts can come an hour later.
    package static func isVital(_ capability: Capability?) -> Bool {
        switch capability {
        case .payments, .sms, .video, nil: true
        case .email, .calendar, .weather, .storage: false
        }
    }

    /// What it means to which weddings, worst and soonest first; those it means nothing to are left out.
    package static func impacts(
        of subject: IncidentSubject,
        _ state: IntegrationHealth.State,
        in scene: ImpactScene,
        at now: Instant
    ) -> [WeddingImpact] {
        guard state.isTrouble else { return [] }
        let concerned = scene.weddings.filter { wedding in scene.vendor.map(wedding.isWorked) ?? true }
        let ways = ways(of: subject, state, in: scene)
        return concerned.flatMap { wedding in
            ways.compactMap { way in
                let impact = impact(on: wedding, way, state, scene.title, now)
                return impact.level > .none ? impact : nil
            }
        }
        .sorted(by: isWorse)
        .prefix(impactsMax)
        .map { $0 }
    }

    /// The level by the tables above.
    package static func level(
        _ state: IntegrationHealth.State,
        _ moment: WeddingMoment,
        _ cover: Cover,
        _ capability: Capability?
    ) -> ImpactLevel {
        guard let column = state.column else { return .none }
        if case .notInUse = cover {
            let isClose = moment.phase == .finalWeek || moment.phase == .eve || moment.phase == .day
            return isClose && column > 0 ? .low : .none
        }
        var weight = weights(moment.phase, moment.isItemNear)[column]
        if !isVital(capability) { weight -= 1 }
        if case .standIn = cover { weight = max(weight - 2, moment.phase == .day ? 1 : 0) }
        return ImpactLevel.allCases[min(max(weight, 0), ImpactLevel.allCases.count - 1)]
    }

    /// What carries on while something does badly.
    package enum Cover: Hashable, Sendable {
        /// Nothing.
        case none
        /// Nothing by itself: an operator can send calls to this one.
        case byHand(ImpactScene.Stop)
        /// This one, by itself.
        case standIn(ImpactScene.Stop)
        /// This one does the work anyway; what does badly would be the next.
        case notInUse(ImpactScene.Stop)
    }

    /// One thing that does not work as it should: for what, and what carries on.
    struct Way {
        let capability: Capability?
        let cover: Cover
    }

    private static func weights(_ phase: Phase, _ isItemNear: Bool) -> [Int] {
        switch (phase, isItemNear) {
        case (.planning, false), (.after, false): [0, 1, 1]
        case (.planning, true), (.after, true): [1, 2, 2]
        case (.finalWeek, false): [1, 2, 2]
        case (.finalWeek, true): [2, 3, 3]
        case (.eve, false): [1, 2, 3]
        case (.eve, true): [2, 3, 4]
        case (.day, false): [2, 3, 4]
        case (.day, true): [3, 4, 4]
        }
    }

    private static func ways(
        of subject: IncidentSubject,
        _ state: IntegrationHealth.State,
        in scene: ImpactScene
    ) -> [Way] {
        guard case .integration(let name) = subject else { return [Way(capability: nil, cover: .none)] }
        // Calls with a vendor's own account never go elsewhere.
        guard scene.vendor == nil else { return scene.capabilities.map { Way(capability: $0, cover: .none) } }
        return scene.routes.compactMap { route in
            route.stops.firstIndex { $0.name == name }.map { position in
                Way(capability: route.capability, cover: cover(position, route))
            }
        }
    }

    private static func cover(_ position: Int, _ route: ImpactScene.Route) -> Cover {
        // Whoever stands first serves; without automatic failover nobody else does.
        if position > 0 {
            let earlier = route.isAutomatic ? route.stops[..<position] : route.stops[..<1]
            if let working = earlier.first(where: \.isWorking) { return .notInUse(working) }
            if !route.isAutomatic { return .notInUse(route.stops[0]) }
        }
        guard let next = route.stops.dropFirst(position + 1).first(where: \.isWorking) else { return .none }
        return route.isAutomatic ? .standIn(next) : .byHand(next)
    }

    private static func impact(
        on wedding: Wedding,
        _ way: Way,
        _ state: IntegrationHealth.State,
        _ title: String,
        _ now: Instant
    ) -> WeddingImpact {
        let moment = wedding.clock.moment(at: now)
        let next = wedding.nextItem(after: now)
        var fallback: ResourceName?
        if case .standIn(let stop) = way.cover { fallback = stop.name }
        if case .notInUse(let stop) = way.cover { fallback = stop.name }
        return WeddingImpact(
            wedding: wedding.id,
            title: wedding.title,
            phase: moment.phase,
            capability: way.capability,
            fallback: fallback,
            nextItem: next,
            untilNext: next.map { $0.startsAt - now },
            level: level(state, moment, way.cover, way.capability),
            reason: ImpactText(wedding: wedding, title: title, state: state, now: now).reason(way)
        )
    }

    private static func isWorse(_ left: WeddingImpact, _ right: WeddingImpact) -> Bool {
        if left.level != right.level { return left.level > right.level }
        let soon = (left.untilNext ?? .seconds(1 << 40), right.untilNext ?? .seconds(1 << 40))
        if soon.0 != soon.1 { return soon.0 < soon.1 }
        let names = (left.wedding.text, right.wedding.text)
        if !names.0.utf8.elementsEqual(names.1.utf8) {
            return names.0.utf8.lexicographicallyPrecedes(names.1.utf8)
        }
        return order(left.capability) < order(right.capability)
    }

    private static func order(_ capability: Capability?) -> Int {
        capability.flatMap { Capability.allCases.firstIndex(of: $0) } ?? -1
    }
}

extension IntegrationHealth.State {
    /// Whether it is worth telling weddings of.
    package var isTrouble: Bool { column != nil }

    /// Its column in the table of `ImpactRule`; nil for what is no trouble.
    fileprivate var column: Int? {
        switch self {
        case .unknown, .healthy: nil
        case .degraded: 0
        case .unhealthy: 1
        case .down: 2
        }
    }
}
