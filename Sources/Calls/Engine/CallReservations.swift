package import Domain
import Providers
package import Resilience
import Storage

/// Why a share of a limit could not be held.
package enum ReservationError: Error, Hashable, Sendable {
    /// There is no such integration.
    case unknownIntegration
    /// It has no such limit; those it has.
    case unknownLimit([String])
    /// It has several limits: say which.
    case ambiguousLimit([String])
    /// The budget says no.
    case refused(Reservation.Problem)
    /// It would be over before it begins, or begins too far ahead.
    case badTime
}

extension CallEngine {
    /// How far ahead a reservation may end.
    package static let reservationAheadMax = Duration.seconds(400 * 86_400)

    /// Holds a share of a limit for a wedding; durable when it returns.
    ///
    /// - Parameter limit: its name; nil is the only one there is.
    package func reserve(
        _ share: Reservation,
        of limit: String?,
        at name: ResourceName,
        by: String
    ) async throws -> ReservationRecord {
        guard let integration = ports.directory().integration(named: name) else {
            throw ReservationError.unknownIntegration
        }
        let now = ports.time.now()
        guard share.to > now, share.to <= now + Self.reservationAheadMax else {
            throw ReservationError.badTime
        }
        let names = integration.limits.map(\.name)
        if limit == nil, names.count > 1 { throw ReservationError.ambiguousLimit(names) }
        guard let limit = limit ?? names.first, names.contains(where: { $0.utf8.elementsEqual(limit.utf8) })
        else { throw ReservationError.unknownLimit(names) }
        let record = ReservationRecord(
            id: ReservationID(now: now, random: ports.random),
            integration: integration.id,
            limit: limit,
            share: share,
            by: by,
            createdAt: now
        )
        do {
            try desk.reserve(record, at: integration)
        } catch {
            throw ReservationError.refused(error)
        }
        do {
            try await database.write { try ReservationTable.insert(record, $0) }
        } catch {
            desk.release(record.id, at: integration.id)
            throw error
        }
        return record
    }

    /// Gives a share back; false when it is not held at this integration.
    package func release(_ id: ReservationID, at name: ResourceName) async throws -> Bool {
        guard let integration = ports.directory().integration(named: name) else {
            throw ReservationError.unknownIntegration
        }
        let now = ports.time.now()
        guard desk.reservations(at: integration.id).contains(where: { $0.id == id }) else { return false }
        let isReleased = try await database.write { try ReservationTable.release(id, now: now, $0) }
        desk.release(id, at: integration.id)
        return isReleased
    }
}
