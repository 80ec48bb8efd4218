/// The transaction many callers share: each part succeeds or fails alone, all become durable together.
struct GroupTransaction {
    /// The transaction is gone, and every part's work with it.
    struct Lost: Error {
        let reason: StorageError
    }

    let connection: any EngineConnection

    /// Runs one part under a savepoint; a part that throws leaves nothing behind.
    ///
    /// - Throws: `Lost` when the engine dropped the whole transaction, whatever the part made of that.
    func isolated<T>(_ body: (Transaction) throws -> T) throws(Lost) -> Result<T, any Error> {
        do {
            try connection.setSavepoint()
            var result = Result { try body(Transaction(connection)) }
            guard connection.isInTransaction else {
                throw connection.transactionLoss ?? .misuse("the transaction was ended from inside")
            }
            if case .success = result, let failure = connection.statementFailure {
                result = .failure(failure)
            }
            switch result {
            case .success: try connection.releaseSavepoint()
            case .failure: try connection.rollBackToSavepoint()
            }
            return result
        } catch {
            throw Lost(reason: StorageError(engine: error))
        }
    }

    /// Begins, runs `body`, and returns once the commit is durable; rolls back when anything fails.
    static func run<T>(
        on connection: any EngineConnection,
        _ body: (GroupTransaction) throws -> T
    ) throws(StorageError) -> T {
        do {
            try connection.begin(writing: true)
            let value = try body(GroupTransaction(connection: connection))
            try connection.commit()
            return value
        } catch {
            connection.rollBack()
            throw StorageError(engine: error)
        }
    }
}

extension StorageError {
    /// The store's own error in whatever was thrown inside the engine.
    init(engine error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let lost as GroupTransaction.Lost: self = lost.reason
        default: self = .failed(code: 0, message: "\(error)")
        }
    }
}
