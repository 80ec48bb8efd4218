import Domain
import Providers
import Telemetry

/// What those who watch are told of calls and failovers: states and names, never what a call is about.
extension CallPorts {
    /// A call came to the state that it is in.
    func tell(_ call: StoredCall, at integration: ResourceName?) {
        // Not the call itself: what it is about would be kept with it.
        let (id, state, operation, failure) = (call.id, call.state, call.operation, call.failure)
        signals?.tell(.callChanged, wedding: call.wedding, vendor: call.vendor) {
            let failure: JSONValue =
                failure.map { ["kind": .string($0.kind.rawValue), "code": .string($0.code)] } ?? .null
            return SignalText(
                id.description,
                [
                    "state": .string(state.name),
                    "operation": .string(operation.rawValue),
                    "integration": integration.map { .string($0.text) } ?? .null,
                    "failure": failure,
                ]
            )
        }
    }

    /// Calls of a capability go elsewhere.
    func tellOpened(_ record: FailoverRecord) {
        signals?.tell(
            .failoverOpened,
            record.capability.rawValue,
            body: [
                "id": .string("\(record.id)"),
                "from": name(record.from),
                "to": name(record.to),
                "reason": .string(record.reason),
                "by": .string(record.by),
                "until": record.until.map { .string("\($0)") } ?? .null,
            ]
        )
    }

    /// Calls of a capability go where its route says.
    func tellEnded(_ capability: Capability) {
        signals?.tell(.failoverEnded, capability.rawValue)
    }

    private func name(_ integration: Int64?) -> JSONValue {
        integration.flatMap { directory().integrations[$0]?.name }.map { .string($0.text) } ?? .null
    }
}
