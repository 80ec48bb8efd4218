package import Domain
import Logging
package import Providers
import Resilience
import Storage
import Transport

/// A caller's request for the bytes of an object.
package struct ObjectRequest: Sendable {
    /// The object, and the part of it that is wanted.
    package var input: StorageInput
    /// The wedding it is for.
    package var wedding: WeddingID?
    /// How urgent it is.
    package var priority: Priority

    /// Asks for an object.
    package init(_ input: StorageInput, wedding: WeddingID? = nil, priority: Priority = .normal) {
        self.input = input
        self.wedding = wedding
        self.priority = priority
    }
}

extension ProxyEngine {
    /// Opens an object: its bytes pass as the provider sends them, judged by the best checksum that is known.
    ///
    /// Counts among the requests on their way, waits for the integration's budget, and is written down as one of them:
    /// what did not come as it was stored ends as `checksum_mismatch` there.
    package func open(
        _ asked: ObjectRequest,
        at integration: CallIntegration
    ) async throws(ObjectError) -> ObjectAnswer {
        guard let place = place() else { throw .overloaded }
        let started = ports.time.now()
        let began = ports.time.elapsed()
        let reader = ObjectReader(ports: ports, desk: desk, streaming: streaming)
        let id = ProxyCallID(now: started, random: ports.random)
        let enter = { @Sendable () async throws(ObjectError) -> CallDesk.Passage in
            try await self.enter(integration, asked)
        }
        return try await reader.open(asked.input, at: integration, enter: enter) {
            [self, place] path, status, bytes, error in
            _ = place
            var record = ProxyRecord(
                id: id,
                integration: integration.id,
                vendor: integration.vendor,
                method: "GET",
                path: path,
                wedding: asked.wedding,
                priority: asked.priority,
                startedAt: started,
                state: .answered,
                status: status
            )
            record.duration = ports.time.elapsed() - began
            record.bytesOut = bytes
            record.error = error
            journal.end(record, isKnown: false)
            guard error == ObjectError.damaged.code else { return }
            ports.logger.error(
                "an object did not come as it was stored; its reader was cut off",
                metadata: ["integration": "\(integration.name)", "request": "\(id)"]
            )
        }
    }

    private func enter(
        _ integration: CallIntegration,
        _ asked: ObjectRequest
    ) async throws(ObjectError) -> CallDesk.Passage {
        let deadline = ports.time.now() + limits.patience
        let question = CallDesk.Question(
            .storageDownload,
            priority: asked.priority,
            wedding: asked.wedding,
            deadline: deadline,
            isFirst: false
        )
        while true {
            switch await desk.choose(question, among: [integration], strategy: .immediate) {
            case .use(_, let passage, _): return passage
            case .none(let failure): throw .unavailable(.seconds(1), failure)
            case .queue(let place, let failure):
                let left = deadline - ports.time.now()
                guard place.estimate < left else { throw .unavailable(place.estimate, failure) }
                if let passage = await desk.wait(question, at: place, atMost: left) { return passage }
                guard ports.time.now() < deadline, !Task.isCancelled else {
                    throw .unavailable(place.estimate, failure)
                }
            case .wait(let pause, let failure):
                guard ports.time.now() + pause < deadline else { throw .unavailable(pause, failure) }
                do {
                    try await ports.time.sleep(pause)
                } catch {
                    throw .unavailable(pause, failure)
                }
            }
        }
    }
}

extension CallEngine {
    /// Whether an object was stored by a call that this owner asked for, or that was made for this vendor.
    package func hasStored(
        _ key: String,
        at integration: Int64,
        owner: String,
        vendor: ResourceName
    ) async throws -> Bool {
        try await database.read { transaction in
            try CallTable.hasStored(key, at: integration, owner: owner, vendor: vendor, transaction)
        }
    }
}
