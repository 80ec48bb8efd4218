import Domain
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

    /// What undoes `operation` when it brought `reply`; nil for what cannot be undone (a message that was sent).
    static func undoing(_ operation: Operation, reply: JSONValue) -> Operation? {
        switch operation {
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

    /// Takes in that a call is over: if it undid an attempt, the attempt is undone; a void that came too late becomes
    /// a refund when the reconciler sees it.
    static func finished(_ call: StoredCall, _ transaction: Transaction) throws {
        guard let attempt = call.undoes, call.state == .succeeded else { return }
        _ = try AttemptTable.move(attempt, from: .compensating, to: .compensated, transaction)
    }
}
