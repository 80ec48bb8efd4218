package import Domain
import ServiceLifecycle
package import Signatures
import Synchronization

/// Lets a `StripeSandbox` run in real time: payments happen, webhooks leave, answers come back.
package final class StripeTraffic: Service {
    /// How lively it is.
    package struct Pace: Hashable, Sendable {
        /// The mean time between two events.
        package let interval: Duration
        /// How many events in a thousand a fault befalls.
        package let faultsPerMille: Int

        /// Makes a pace; `interval` is positive.
        package init(interval: Duration, faultsPerMille: Int) {
            precondition(interval > .zero, "events are some time apart")
            self.interval = interval
            self.faultsPerMille = faultsPerMille
        }
    }

    /// The most requests on their way at a time.
    package static let onTheirWayMax = 64

    private struct State {
        var sandbox: StripeSandbox
        var dice: Dice
        var onTheirWay = 0
        var nextHappening: Instant
    }

    private let state: Mutex<State>
    private let pace: Pace
    private let time: Time
    private let send: @Sendable (WebhookRequest) async -> Int?
    private let observe: @Sendable (StripeShipment, _ status: Int?) -> Void

    /// Makes traffic; it starts with `run`.
    /// - Parameter seed: draws pauses and faults.
    /// - Parameter send: posts a request and gives the status; nil when there was no answer.
    /// - Parameter observe: called with each shipment and its answer.
    package init(
        _ sandbox: StripeSandbox,
        pace: Pace,
        seed: UInt64,
        time: Time,
        send: @escaping @Sendable (WebhookRequest) async -> Int?,
        observe: @escaping @Sendable (StripeShipment, _ status: Int?) -> Void
    ) {
        state = Mutex(State(sandbox: sandbox, dice: Dice(seed: seed), nextHappening: time.now()))
        self.pace = pace
        self.time = time
        self.send = send
        self.observe = observe
    }

    /// What has happened and what was acknowledged so far.
    package var ledger: StripeLedger { state.withLock { $0.sandbox.ledger } }

    /// Runs until it is shut down or cancelled; requests on their way are then awaited.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            do {
                while true {
                    let (due, wait) = step(now: time.now())
                    for shipment in due { group.addTask { await self.ship(shipment) } }
                    try await cancelWhenGracefulShutdown { [time] in try await time.sleep(wait) }
                }
            } catch {
                // Cancelled or shut down: the group waits for what is on its way.
            }
        }
    }

    /// Lets happen what is to happen by `now`; gives what is to be sent, and how long nothing else is.
    private func step(now: Instant) -> (due: [StripeShipment], wait: Duration) {
        state.withLock { state in
            if now >= state.nextHappening {
                if state.dice.happens(perMille: pace.faultsPerMille) {
                    state.sandbox.command(fault(&state.dice))
                }
                state.sandbox.happen(now: now)
                state.nextHappening = now + pace.interval * state.dice.number(500...1_500) / 1_000
            }
            let due = state.sandbox.takeDue(now: now, limit: Self.onTheirWayMax - state.onTheirWay)
            state.onTheirWay += due.count
            let next = min(state.nextHappening, state.sandbox.nextDue ?? state.nextHappening)
            return (due, max(next - now, .milliseconds(10)))
        }
    }

    private func ship(_ shipment: StripeShipment) async {
        let status = await send(shipment.request)
        let now = time.now()
        state.withLock { state in
            state.onTheirWay -= 1
            state.sandbox.answered(shipment.number, status: status, now: now)
        }
        // What is cut off by our own end tells nothing of the server.
        if status != nil || !Task.isShuttingDownGracefully { observe(shipment, status) }
    }

    private func fault(_ dice: inout Dice) -> StripeFault {
        dice.pick([
            .duplicate, .delay(.seconds(dice.number(1...5))), .reorder, .badSignature,
            .burst(dice.number(5...15)),
        ])
    }
}
