import Domain
import Registry
import Resilience

/// The tries made under one claim, and what follows from them.
///
///     first URL -accepted-> delivered
///     first URL -failed-> standby URL, if there is one -> delivered, or failed
///     failed -> retry later, or dead when the last attempt was used
///     any URL -gone-> the destination is stopped; the delivery waits
struct DeliveryTries {
    /// The wait after 410, should the destination be enabled again at once.
    static let goneWait = Duration.seconds(60)

    private let delivery: ClaimedDelivery
    private let schedule: DeliverySchedule
    private let hasStandby: Bool
    private var attempts: [AttemptRecord] = []
    private var last: DeliveryAnswer?
    private var triedStandby = false

    init(_ delivery: ClaimedDelivery, _ definition: DestinationDefinition) {
        self.delivery = delivery
        schedule = DeliverySchedule(attemptsMax: definition.attemptsMax)
        hasStandby = definition.standbyURL != nil
    }

    /// Whether the standby URL is to be tried at once.
    var wantsStandby: Bool {
        guard hasStandby, !triedStandby, case .failed = last?.meaning else { return false }
        return true
    }

    /// Whether the destination said 410.
    var isGone: Bool { last?.meaning == .gone }

    mutating func record(
        _ answer: DeliveryAnswer,
        route: DeliveryRoute,
        startedAt: Instant,
        duration: Duration
    ) {
        attempts.append(
            AttemptRecord(
                startedAt: startedAt,
                duration: duration,
                isStandby: route == .standby,
                status: answer.status,
                error: answer.error
            )
        )
        last = answer
        triedStandby = triedStandby || route == .standby
    }

    /// What is recorded; each try counts as an attempt of the schedule.
    ///
    /// - Parameters:
    ///   - moment: how the event's wedding stands; bounds the wait.
    ///   - isHurried: whether emergency mode shortens its waits.
    func finish(
        now: Instant,
        jitter: Double,
        _ moment: WeddingMoment? = nil,
        isHurried: Bool = false
    ) -> FinishedDelivery {
        FinishedDelivery(
            seq: delivery.seq,
            destinationID: delivery.destinationID,
            lane: delivery.lane,
            epoch: delivery.epoch,
            attempts: attempts,
            attemptsBefore: delivery.attempts,
            verdict: verdict(now: now, jitter: jitter, moment, isHurried: isHurried),
            now: now
        )
    }

    private func verdict(
        now: Instant,
        jitter: Double,
        _ moment: WeddingMoment?,
        isHurried: Bool
    ) -> DeliveryVerdict {
        switch last?.meaning {
        case .accepted:
            return .delivered
        case .gone, nil:
            return .retry(at: now + Self.goneWait)
        case .impossible:
            return .dead(last?.error ?? "internal")
        case .failed(let serverWait):
            let attempt = delivery.attempts + attempts.count
            let delay =
                isHurried
                ? schedule.hurriedDelay(afterAttempt: attempt, serverWait: serverWait, jitter: jitter)
                : schedule.delay(afterAttempt: attempt, serverWait: serverWait, jitter: jitter)
            guard let wait = delay else {
                return .dead(last?.error ?? "status_\(last?.status ?? 0)")
            }
            return .retry(at: now + RetryBound.bounded(wait, moment))
        }
    }
}
