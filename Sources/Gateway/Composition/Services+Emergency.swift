import Calls
import Domain
import Health
import Logging
import Registry
import Storage
import Telemetry
import Webhooks

extension Services {
    /// What says how ready everything is for a wedding.
    static func readiness(_ sight: ImpactSight, _ database: Database, _ ports: Ports) -> ReadinessDesk {
        let time = ports.time
        return ReadinessDesk(
            ReadinessPorts(
                ways: {
                    let tokens = try await database.read { try TokenRenewals.last($0) }
                    return try await sight.ways(tokens, at: time.now())
                },
                accounts: { vendors in
                    let tokens = try await database.read { try TokenRenewals.last($0) }
                    return sight.accounts(of: vendors, tokens, at: time.now())
                },
                quotas: { sight.quotas(of: $0, $1, at: time.now()) },
                deliveries: { wedding, now in
                    try await database.read { transaction in
                        (
                            waiting: try RankTable.count(.waiting, of: wedding, transaction),
                            overdue: try RankTable.countOverdue(of: wedding, at: now, transaction),
                            dead: try RankTable.count(.dead, of: wedding, transaction)
                        )
                    }
                },
                time: time
            )
        )
    }

    /// What turns emergency mode on and off.
    static func emergency(
        _ sight: ImpactSight,
        _ dispatcher: Dispatcher,
        _ database: Database,
        _ signals: SignalHub,
        _ ports: Ports
    ) -> EmergencyDesk {
        let book = IncidentBook(database: database)
        let (weddings, calls, time, logger) = (sight.weddings, sight.calls, ports.time, ports.logger)
        return EmergencyDesk(
            database: database,
            ports: EmergencyPorts(
                causes: { sight.causes(at: time.now()) },
                weddingsOn: { sight.weddingsOn($0) },
                title: { weddings.snapshot.weddings[$0]?.title ?? $0.text },
                incident: { subject in
                    do {
                        return try await book.open(of: subject)?.id
                    } catch {
                        logger.warning("an incident cannot be read", metadata: ["error": "\(error)"])
                        return nil
                    }
                },
                record: { try await book.append($1, to: $0) },
                apply: { measures in
                    calls.desk.emergency(measures.map { DeskEmergency(weddings: $0.weddings) })
                    dispatcher.emergency(measures.map { DispatchEmergency(weddings: $0.weddings) })
                }
            ),
            signals: signals,
            time: time,
            logger: logger
        )
    }
}
