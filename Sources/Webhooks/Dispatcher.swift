package import Domain
package import Logging
package import Registry
import ServiceLifecycle
import Synchronization

/// Starts deliveries: claims lanes as `DispatchPlan` orders, tries them, and records what came of it.
///
/// One loop claims; every claimed delivery is a child task of it. A shutdown lets those on their way finish.
package final class Dispatcher: Service, Sendable {
    /// How the dispatcher is set up.
    package struct Limits: Sendable {
        /// The most deliveries in flight over all destinations.
        package var placesMax = 256
        /// How much longer than all its tries may take a claim is held.
        package var leaseMargin = Duration.seconds(10)
        /// The wait after the store failed.
        package var storeRetry = Duration.milliseconds(500)

        /// The defaults.
        package init() {}
    }

    private struct State {
        var plan: DispatchPlan
        var urls: [Int64: [String]] = [:]
        var isDraining = false
        var emergency: DispatchEmergency?
    }

    private let registry: ResourceRegistry
    private let weddings: WeddingRegistry
    private let store: WebhookStore
    private let sender: DeliverySender
    private let activity: WebhookActivity
    private let time: Time
    private let random: RandomSource
    private let logger: Logger
    private let limits: Limits
    private let doorbell = Doorbell()
    private let state: Mutex<State>

    /// Wires the dispatcher; nothing happens until `run`.
    package init(
        registry: ResourceRegistry,
        weddings: WeddingRegistry,
        store: WebhookStore,
        sender: DeliverySender,
        activity: WebhookActivity,
        time: Time,
        random: RandomSource,
        logger: Logger,
        limits: Limits = Limits()
    ) {
        self.registry = registry
        self.weddings = weddings
        self.store = store
        self.sender = sender
        self.activity = activity
        self.time = time
        self.random = random
        self.logger = logger
        self.limits = limits
        state = Mutex(State(plan: DispatchPlan(placesMax: limits.placesMax)))
        registry.onChange { [weak self] _ in self?.registryChanged() }
        registryChanged()
    }

    /// Tells that deliveries for these destinations were stored.
    package func workArrived(_ destinations: some Sequence<Int64>) {
        state.withLock { $0.plan.workArrived(destinations) }
        doorbell.ring()
    }

    /// Begins or ends an emergency; nil undoes everything.
    package func emergency(_ emergency: DispatchEmergency?) {
        state.withLock { state in
            guard state.emergency != emergency else { return }
            state.emergency = emergency
            // What was deferred may be claimed again.
            state.plan.workArrivedAnywhere()
        }
        doorbell.ring()
    }

    /// What emergency mode asks for here; nil while all is as always.
    package var emergency: DispatchEmergency? { state.withLock { $0.emergency } }

    /// The gate of a destination, for health pages.
    package func gate(_ destination: Int64) -> DestinationGate? {
        state.withLock { $0.plan.gate(destination) }
    }

    /// Claims and delivers until cancelled or shut down.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled, let order = await nextOrder() {
                    for (delivery, permit) in await claim(order) {
                        group.addTask { await self.deliver(delivery, permit) }
                    }
                }
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isDraining = true }
            self.doorbell.ring()
        }
    }

    /// Waits until something can be claimed; nil once the dispatcher is to end.
    private func nextOrder() async -> DispatchPlan.Order? {
        while !Task.isCancelled {
            let now = time.elapsed()
            let (order, chance, isDraining) = state.withLock { state in
                let order = state.isDraining ? nil : state.plan.order(now: now)
                return (order, order == nil ? state.plan.nextChance(now: now) : nil, state.isDraining)
            }
            if isDraining { return nil }
            if let order { return order }
            await doorbell.wait(atMost: chance.map { $0 - now }, time)
        }
        return nil
    }

    private func claim(_ order: DispatchPlan.Order) async -> [(ClaimedDelivery, DeliveryPermit)] {
        let now = time.now()
        let snapshot = registry.snapshot
        let shares = order.permits.map { id, permits in
            let timeout =
                snapshot.destination(id: id)?.definition.timeout ?? DestinationDefinition.timeoutDefault
            return ClaimOrder.Share(
                destinationID: id,
                limit: permits.count,
                leaseUntil: now + timeout * 2 + limits.leaseMargin
            )
        }
        .sorted { $0.destinationID < $1.destinationID }
        do {
            let least = self.emergency == nil ? Priority.low : .normal
            let outcome = try await store.claim(ClaimOrder(shares: shares, now: now, priorityMax: least))
            let nextDue = outcome.nextDue.map { max(.zero, $0 - time.now()) }
            return state.withLock {
                $0.plan.claimed(outcome.deliveries, of: order, nextDue: nextDue, now: time.elapsed())
            }
        } catch {
            logger.error("claim failed", metadata: ["error": "\(error)"])
            state.withLock {
                $0.plan.claimFailed(order, retryAfter: limits.storeRetry, now: time.elapsed())
            }
            return []
        }
    }

    private func deliver(_ delivery: ClaimedDelivery, _ permit: DeliveryPermit) async {
        let snapshot = registry.snapshot
        guard let destination = snapshot.destination(id: delivery.destinationID) else {
            return conclude(delivery, laneReady: false, retryIn: nil)
        }
        var tries = DeliveryTries(delivery, destination.definition)
        var next: DeliveryPermit? = permit
        while let permit = next {
            let startedAt = time.now()
            let began = time.elapsed()
            let answer = await sender.send(delivery, to: destination, by: permit.route, in: snapshot)
            let duration = time.elapsed() - began
            let jitter = random.fraction()
            state.withLock {
                $0.plan.tried(permit, answer.health, now: time.elapsed(), jitter: jitter)
            }
            activity.tried(delivery, answer, duration: duration, at: time.now())
            tries.record(answer, route: permit.route, startedAt: startedAt, duration: duration)
            next =
                tries.wantsStandby
                ? state.withLock { $0.plan.standbyPermit(delivery.destinationID, now: time.elapsed()) } : nil
        }
        if tries.isGone {
            await stop(destination)
        }
        let now = time.now()
        let moment = weddings.snapshot.moment(of: delivery.event.wedding, at: now)
        let isHurried = delivery.event.wedding.map { emergency?.weddings.contains($0) ?? false } ?? false
        let finished = tries.finish(now: now, jitter: random.fraction(), moment, isHurried: isHurried)
        await finish(finished, of: delivery)
    }

    /// Records the end of a claim, trying again while the claim may still be ours.
    private func finish(_ finished: FinishedDelivery, of delivery: ClaimedDelivery) async {
        let giveUpAt = time.elapsed() + limits.leaseMargin
        while true {
            do {
                let outcome = try await store.finish(finished)
                if outcome != .fenced { activity.tellTried(delivery, finished) }
                return concluded(finished, outcome)
            } catch {
                logger.error("finish failed", metadata: ["error": "\(error)"])
                guard time.elapsed() < giveUpAt, !Task.isCancelled else { break }
                try? await time.sleep(limits.storeRetry)
            }
        }
        // The lease ends by itself and the delivery is tried again: at least once, never lost.
        state.withLock {
            $0.plan.finished(
                finished.destinationID,
                laneReady: false,
                retryIn: limits.leaseMargin,
                now: time.elapsed()
            )
        }
        doorbell.ring()
    }

    private func concluded(_ finished: FinishedDelivery, _ outcome: FinishOutcome) {
        var retryIn: Duration?
        if case .retry(let instant) = finished.verdict { retryIn = max(.zero, instant - time.now()) }
        activity.finished(finished, outcome, at: time.now())
        state.withLock {
            $0.plan.finished(
                finished.destinationID,
                laneReady: outcome == .recorded(laneReady: true),
                retryIn: retryIn,
                now: time.elapsed()
            )
        }
        doorbell.ring()
    }

    private func conclude(_ delivery: ClaimedDelivery, laneReady: Bool, retryIn: Duration?) {
        state.withLock {
            $0.plan.finished(
                delivery.destinationID,
                laneReady: laneReady,
                retryIn: retryIn,
                now: time.elapsed()
            )
        }
        doorbell.ring()
    }

    private func stop(_ destination: Destination) async {
        logger.warning(
            "destination answered 410 and is stopped",
            metadata: ["destination": "\(destination.name)"]
        )
        do {
            try await registry.stop(destination: destination.id, reason: "answered 410 Gone")
        } catch {
            logger.error("stopping failed", metadata: ["error": "\(error)"])
        }
    }

    private func registryChanged() {
        let now = time.elapsed()
        state.withLock { state in
            // Two changes may be told in the wrong order: read under the lock, the later reading is never the older.
            let snapshot = registry.snapshot
            var urlsChanged: Set<Int64> = []
            var gates: [Int64: DestinationGate.Limits] = [:]
            var urls: [Int64: [String]] = [:]
            for destination in snapshot.destinations {
                let definition = destination.definition
                urls[destination.id] = [definition.url, definition.standbyURL ?? ""]
                if let old = state.urls[destination.id], old != urls[destination.id] {
                    urlsChanged.insert(destination.id)
                }
                gates[destination.id] = DestinationGate.Limits(
                    concurrency: definition.concurrency,
                    ratePerSecond: definition.ratePerSecond,
                    hasStandby: definition.standbyURL != nil,
                    isActive: destination.isActive
                )
            }
            state.urls = urls
            state.plan.configure(gates, urlsChanged: urlsChanged, now: now)
        }
        doorbell.ring()
    }
}
