import Domain
import Logging
import Providers
import Storage

/// Undoes what took effect late: an attempt that was taken for dead, or given up, and succeeded after all.
///
/// The undoing is a call of its own, stored in the transaction that learns of the late success; the database lets
/// only one exist for each attempt and operation, so it happens once however often the news comes.
///
///     notApplied | dead -late success-> compensating -void or refund succeeded-> compensated
///                                            '- void refused: already captured -> refund
enum Compensation {
    /// Whose calls these are.
    static let owner = "usher"
    /// How long the undoing may be tried: as long as a processor allows refunds, near enough.
    static let patience = Duration.seconds(30 * 86_400)
    /// The code with which dialects say that a payment cannot be voided any more.
    static let alreadyCaptured = "already_captured"

    /// Whether what is told of `operation` stands and was done by it.
    ///
    /// Money that is told to be taken, of a call that only held it, was taken by a later capture; what is given back,
    /// released or waits for its payer needs no undoing.
    static func stands(_ operation: Operation, _ reply: JSONValue) -> Bool {
        guard operation.capability == .payments, let status = reply["status"]?.string else { return true }
        return switch PaymentReply.Status(rawValue: status) {
        case .authorized, .processing: true
        case .succeeded: operation != .paymentsAuthorize
        case .requiresAction, .voided, .failed: false
        case .refunded: operation == .paymentsRefund
        case nil: true
        }
    }

    /// What undoes `operation` when it brought `reply`; nil for what cannot be undone (a message that was sent).
    static func undoing(_ operation: Operation, reply: JSONValue) -> Operation? {
        switch operation {
        case .paymentsCharge where reply["status"]?.string == PaymentReply.Status.authorized.rawValue:
            .paymentsVoid
        case .paymentsCharge: .paymentsRefund
        case .paymentsAuthorize: .paymentsVoid
        case .videoCreate: .videoCancel
        case .calendarCreate: .calendarCancel
        default: nil
        }
    }

    /// The input of the call that undoes.
    static func input(of operation: Operation) -> JSONValue {
        operation.capability == .payments ? ["reason": "charged twice: undone by Usher"] : [:]
    }

    /// The call that undoes `attempt` of `call`, which brought `reference`.
    static func call(
        _ operation: Operation,
        undoing attempt: CallAttemptID,
        of call: StoredCall,
        at target: CallTarget,
        _ seal: CallSeal,
        _ ports: CallPorts
    ) async throws -> NewCall {
        let now = ports.time.now()
        let id = CallID(now: now, random: ports.random)
        let undoing = StoredCall(
            id: id,
            owner: owner,
            operation: operation,
            wedding: call.wedding,
            vendor: call.vendor,
            priority: .critical,
            deadline: now + patience,
            isAsync: true,
            state: .queued,
            dueAt: now,
            epoch: 1,
            input: try await seal.seal(input(of: operation), .input, of: id.bytes, now: now),
            target: target,
            content: nil,
            undoes: attempt,
            isFresh: false,
            keepsRaw: false,
            createdAt: now
        )
        return NewCall(call: undoing, keyHash: nil, bodyHash: attempt.bytes)
    }

    /// What follows when a call that undoes is over without success: a void that came too late becomes a refund.
    static func next(
        after call: StoredCall,
        _ seal: CallSeal,
        _ ports: CallPorts
    ) async throws -> NewCall? {
        guard let attempt = call.undoes, call.state != .succeeded else { return nil }
        guard call.operation == .paymentsVoid, call.failure?.code == alreadyCaptured, let target = call.target
        else {
            ports.logger.critical(
                "what took effect twice could not be undone: a person must look",
                metadata: ["call": "\(call.id)", "operation": "\(call.operation)", "attempt": "\(attempt)"]
            )
            return nil
        }
        return try await self.call(.paymentsRefund, undoing: attempt, of: call, at: target, seal, ports)
    }

    /// Takes in that a call is over: if it undid an attempt, the attempt is undone.
    static func finished(_ call: StoredCall, _ transaction: Transaction) throws {
        guard let attempt = call.undoes, call.state == .succeeded else { return }
        _ = try AttemptTable.move(attempt, from: .compensating, to: .compensated, transaction)
    }
}
