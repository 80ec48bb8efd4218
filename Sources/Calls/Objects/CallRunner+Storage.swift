import Domain
import Providers
import Storage

/// What follows from the success of a storage operation.
extension CallRunner {
    /// What to store beside the end of a storage call, in its transaction.
    struct StorageEnd: Sendable {
        let key: String
        let integration: Int64
        /// Whether older debts of the key are over.
        let supersedes: Bool
        /// What is to be copied back.
        let debt: ContentDebt?

        /// Stores it.
        func store(of call: CallID, now: Instant, _ transaction: Transaction) throws {
            if supersedes {
                try ContentDebtTable.supersede(key, at: integration, by: call, now: now, transaction)
            }
            if let debt { try ContentDebtTable.insert(debt, transaction) }
        }
    }

    /// What follows when a storage operation has succeeded at `attempt`; nil for all others.
    func storageEnd(_ work: CallWork, _ attempt: StoredAttempt, now: Instant) -> StorageEnd? {
        guard case .object(let input) = work.input else { return nil }
        let operation = work.call.operation
        return StorageEnd(
            key: input.key,
            integration: attempt.integration,
            supersedes: operation == .storageUpload || operation == .storageDelete,
            debt: operation == .storageUpload ? debt(work, input, attempt, now: now) : nil
        )
    }

    /// The reply as the caller gets it: a download's says where the bytes are.
    func told(_ reply: JSONValue, _ work: CallWork, _ integration: ResourceName?) -> JSONValue {
        guard work.call.operation == .storageDownload, case .object(let input) = work.input, let integration,
            let members = reply.object
        else { return reply }
        let key = WireText.percentEncoded(input.key)
        let url = "\(ports.ownURL)/api/objects/\(integration)?key=\(key)"
        return .object(members.filter { $0.name != "url" } + [JSONMember("url", .string(url))])
    }

    /// What is owed to the first integration of the route that could have taken it; nil when that one has it.
    private func debt(
        _ work: CallWork,
        _ input: StorageInput,
        _ attempt: StoredAttempt,
        now: Instant
    ) -> ContentDebt? {
        let home = ports.directory().candidates(for: .storage).first { integration in
            guard let request = work.request(attempt, at: integration) else { return false }
            return (try? integration.dialect.check(request)) != nil
        }
        guard let content = work.content, let home, home.id != attempt.integration else { return nil }
        return ContentDebt(
            call: work.call.id,
            owner: work.call.owner,
            vendor: work.call.vendor,
            source: attempt.integration,
            owed: home.id,
            key: input.key,
            content: content,
            overwrites: input.overwrites,
            state: .owed,
            dueAt: now + ContentCopier.firstPause,
            epoch: 0,
            tries: 0,
            createdAt: now
        )
    }
}
