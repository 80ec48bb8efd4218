package import Domain
import Providers
package import Resilience
import Synchronization

extension CallDesk {
    /// Holds a share of a limit for a wedding.
    package func reserve(
        _ record: ReservationRecord,
        at integration: CallIntegration
    ) throws(Reservation.Problem) {
        let now = reading
        let result = state.withLock { state -> Result<Void, Reservation.Problem> in
            state.makePost(integration, now)
            do throws(Reservation.Problem) {
                let budget = state.posts[integration.id]?.queue.budget
                guard
                    budget?.limits.contains(where: { $0.name.utf8.elementsEqual(record.limit.utf8) }) == true
                else { throw .notCounted }
                try state.posts[integration.id]?.queue.budget.reserve(
                    record.share,
                    of: record.limit,
                    now: now
                )
            } catch {
                return .failure(error)
            }
            state.reservations[integration.id, default: []].append(record)
            state.version += 1
            return .success(())
        }
        try result.get()
    }

    /// Gives a share back; false when it is not held.
    @discardableResult
    package func release(_ id: ReservationID, at integration: Int64) -> Bool {
        let now = reading
        let isHeld = state.withLock { state in
            guard let index = state.reservations[integration]?.firstIndex(where: { $0.id == id }),
                let record = state.reservations[integration]?.remove(at: index)
            else { return false }
            state.posts[integration]?.queue.budget.release(record.share, of: record.limit)
            state.version += 1
            state.pump(integration, now)
            return true
        }
        doorbell.ring()
        return isHeld
    }

    /// What is held at an integration and not over.
    package func reservations(at integration: Int64) -> [ReservationRecord] {
        let now = time.now()
        return state.withLock { ($0.reservations[integration] ?? []).filter { $0.share.to > now } }
    }

    /// How often orders and reservations were changed here.
    package var version: UInt64 { state.withLock { $0.version } }

    /// Takes over what other nodes have stored, unless something was changed here since `version`.
    package func follow(orders: [FailoverOrder], reservations: [ReservationRecord], version: UInt64) {
        let now = reading
        state.withLock { state in
            guard state.version == version else { return }
            state.orders = Dictionary(orders.map { ($0.capability, $0) }) { first, _ in first }
            let known = state.reservations
            state.reservations = Dictionary(grouping: reservations, by: \.integration)
            for id in Set(known.keys).union(state.reservations.keys)
            where known[id] ?? [] != state.reservations[id] ?? [] {
                state.settleReservations(of: id, now)
            }
        }
    }

    /// How far the limits of an integration reach from now on.
    package func outlook(
        of integration: CallIntegration,
        for length: Duration
    ) -> [(limit: String, outlook: UsageForecast.Outlook?, usualPerHour: Double?)] {
        let now = reading
        return state.withLock { state in
            state.makePost(integration, now)
            let usage = state.usage[integration.id]
            return (state.posts[integration.id]?.queue.budget.limits ?? []).map { limit in
                let forecast = usage?.forecasts[limit.name] ?? UsageForecast()
                guard var budget = state.posts[integration.id]?.queue.budget.budget(limit.name) else {
                    return (limit.name, nil, nil)
                }
                let outlook = forecast.outlook(
                    from: now.wall,
                    to: now.wall + length,
                    kind: budget.kind,
                    used: budget.usage(now: now).used,
                    reservations: budget.reservations(now: now)
                )
                return (limit.name, outlook, forecast.usualPerHour(at: now.wall))
            }
        }
    }

    /// What was learned of the usual use, to be written down.
    package var usage: [Int64: JSONValue] { state.withLock { $0.usage.mapValues(\.json) } }
}

extension CallDesk.State {
    /// Counts one request against the limits it used.
    mutating func count(_ passage: CallDesk.Passage, at now: Instant) {
        guard let sent = passage.sent, let post = posts[passage.integration] else { return }
        for (index, limit) in post.limits.prefix(LimitSet.countMax).enumerated()
        where sent.call.need.limits.isSuperset(of: LimitSet(rawValue: 1 << UInt32(index))) {
            usage[passage.integration, default: UsageByLimit()].record(1, of: limit.name, at: now)
        }
    }

    /// Brings the shares that a budget holds to those that are stored.
    mutating func settleReservations(of integration: Int64, _ now: ClockReading) {
        guard let budget = posts[integration]?.queue.budget else { return }
        let wanted = (reservations[integration] ?? []).filter { $0.share.to > now.wall }
        for limit in budget.limits {
            let held = budget.budget(limit.name)?.reservations(now: now).map(\.reservation) ?? []
            let own = wanted.filter { $0.limit.utf8.elementsEqual(limit.name.utf8) }.map(\.share)
            for share in held where !own.contains(share) {
                posts[integration]?.queue.budget.release(share, of: limit.name)
            }
            for share in own where !held.contains(share) {
                // It fitted when it was made; a limit that has shrunk since holds what it can.
                try? posts[integration]?.queue.budget.reserve(share, of: limit.name, now: now)
            }
        }
    }
}
