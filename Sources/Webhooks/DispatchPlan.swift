import Domain
import Resilience

/// Decides what the dispatcher claims next: a gate for each destination, and fair shares of the places left.
///
///     work arrived, tick, finish -> claim -> permits for some destinations -> claimed -> tries -> finished
package struct DispatchPlan: Sendable {
    /// The permits of one claim.
    package struct Order: Sendable {
        /// The permits, by destination.
        package let permits: [Int64: [DeliveryPermit]]
    }

    /// The most deliveries in flight over all destinations.
    package let placesMax: Int
    private var gates: [Int64: DestinationGate] = [:]
    private var shares = FairShare<Int64>()
    private var dueAt: Duration?
    private var heldUntil: Duration?

    /// Makes a plan without destinations.
    package init(placesMax: Int) {
        self.placesMax = placesMax
    }

    /// The gate of a destination, for health pages.
    package func gate(_ id: Int64) -> DestinationGate? {
        gates[id]
    }

    /// Takes in which destinations there are; `urlsChanged` names those whose breakers start anew.
    ///
    /// The gate of a removed destination stays while tries of it are on their way.
    package mutating func configure(
        _ limits: [Int64: DestinationGate.Limits],
        urlsChanged: Set<Int64>,
        now: Duration
    ) {
        for (id, gate) in gates where limits[id] == nil {
            if gate.inFlight == 0 {
                gates[id] = nil
            } else {
                let ended = DestinationGate.Limits(
                    concurrency: 1,
                    ratePerSecond: nil,
                    hasStandby: false,
                    isActive: false
                )
                gates[id]?.change(ended, urlsChanged: false, now: now)
            }
        }
        for (id, wanted) in limits {
            if gates[id] == nil {
                gates[id] = DestinationGate(id: id, limits: wanted, now: now)
            } else {
                gates[id]?.change(wanted, urlsChanged: urlsChanged.contains(id), now: now)
            }
        }
    }

    /// Takes in that lanes of these destinations became ready.
    package mutating func workArrived(_ destinations: some Sequence<Int64>) {
        for id in destinations { gates[id]?.workArrived() }
    }

    /// Takes in that lanes of any destination may have become ready.
    package mutating func workArrivedAnywhere() {
        for id in gates.keys { gates[id]?.workArrived() }
    }

    /// What to claim now; nil when there is nothing to be had.
    package mutating func order(now: Duration) -> Order? {
        if let due = dueAt, now >= due {
            dueAt = nil
            for id in gates.keys { gates[id]?.workArrived() }
        }
        if let held = heldUntil {
            guard now >= held else { return nil }
            heldUntil = nil
        }
        let places = placesMax - gates.values.reduce(0) { $0 + $1.inFlight }
        guard places > 0 else { return nil }
        let claimants = gates.values.map { gate in
            let free = gate.freePlaces(now: now)
            return FairShare<Int64>.Claimant(id: gate.id, demand: free, free: free)
        }
        var permits: [Int64: [DeliveryPermit]] = [:]
        for (id, share) in shares.divide(claimants, places: places) {
            guard let granted = gates[id]?.permits(atMost: share, now: now), !granted.isEmpty else {
                continue
            }
            permits[id] = granted
        }
        return permits.isEmpty ? nil : Order(permits: permits)
    }

    /// Pairs what a claim brought with its permits and gives back the rest.
    ///
    /// - Parameter nextDue: in how long the next lane falls due, as the store says; nil when none will.
    package mutating func claimed(
        _ deliveries: [ClaimedDelivery],
        of order: Order,
        nextDue: Duration?,
        now: Duration
    ) -> [(ClaimedDelivery, DeliveryPermit)] {
        var left = order.permits
        var starts: [(ClaimedDelivery, DeliveryPermit)] = []
        for delivery in deliveries {
            guard let permit = left[delivery.destinationID]?.popLast() else { continue }
            starts.append((delivery, permit))
        }
        for (id, permits) in order.permits {
            let unused = left[id] ?? []
            gates[id]?.claimed(permits.count - unused.count, asked: permits.count, now: now)
            for permit in unused { gates[id]?.unused(permit) }
        }
        if let nextDue { setDue(now + nextDue) }
        return starts
    }

    /// Takes in that the claim failed: nothing was started, and nothing is asked for again before `wait` is over.
    package mutating func claimFailed(_ order: Order, retryAfter wait: Duration, now: Duration) {
        for (id, permits) in order.permits {
            for permit in permits { gates[id]?.unused(permit) }
        }
        heldUntil = now + wait
    }

    /// A second permit for a delivery that is held, to try its standby URL.
    package mutating func standbyPermit(_ destination: Int64, now: Duration) -> DeliveryPermit? {
        gates[destination]?.standbyPermit(now: now)
    }

    /// Takes in what a try said about its route.
    package mutating func tried(
        _ permit: DeliveryPermit,
        _ health: RouteHealth,
        now: Duration,
        jitter: Double
    ) {
        gates[permit.destinationID]?.report(permit, health, now: now, jitter: jitter)
    }

    /// Takes in that a delivery is over.
    ///
    /// - Parameter retryIn: in how long it falls due again; nil when it will not.
    package mutating func finished(
        _ destination: Int64,
        laneReady: Bool,
        retryIn: Duration?,
        now: Duration
    ) {
        gates[destination]?.finished(laneReady: laneReady)
        if let retryIn { setDue(now + retryIn) }
    }

    /// When to ask for an order again without anything happening; nil when only an event changes anything.
    package func nextChance(now: Duration) -> Duration? {
        if let heldUntil { return heldUntil }
        let chances = gates.values.compactMap { $0.nextChance(now: now) }
        return (chances + (dueAt.map { [$0] } ?? [])).min()
    }

    private mutating func setDue(_ instant: Duration) {
        dueAt = min(dueAt ?? instant, instant)
    }
}
