import Calls
import Domain
import Health
import Providers
import Registry
import Resilience
import Storage
import Telemetry
import Vault

extension Services {
    /// What tells people of incidents.
    static func alerts(
        _ database: Database,
        _ browsers: PushBook,
        _ calls: CallEngine,
        _ signals: SignalHub,
        _ metrics: Metrics,
        _ ports: Ports
    ) -> AlertDesk {
        AlertDesk(
            database: database,
            browsers: browsers,
            ports: AlertPorts(
                channels: ports.alertChannels,
                home: ports.publicURL,
                contact: ports.alertContact ?? ports.publicURL,
                upstream: ports.upstream,
                addressPolicy: ports.addressPolicy,
                call: { operation, input, key in await send(operation, input, key, by: calls) },
                isServed: { capability, about in calls.isServed(capability, other: about) },
                signals: signals,
                metrics: metrics,
                time: ports.time,
                random: ports.random,
                logger: ports.logger
            )
        )
    }

    /// Whose calls alerts are, in the record.
    private static let alertOwner = "usher:alerts"

    private static func send(
        _ operation: Operation,
        _ input: JSONValue,
        _ key: String,
        by calls: CallEngine
    ) async -> AlertCallEnd {
        let submission = CallSubmission(operation, input: input, priority: .critical, key: key)
        do {
            let result = try await calls.submit(submission, owner: alertOwner)
            switch result.call.state {
            case .refused, .failed:
                return .failed(result.call.failure?.message ?? "the call failed")
            // In doubt is not sent twice: the call goes on by itself.
            case .queued, .working, .inDoubt, .held, .succeeded: return .taken
            }
        } catch let error as CallError {
            return .failed("\(error)")
        } catch {
            return .failed("the call could not be stored")
        }
    }
}
