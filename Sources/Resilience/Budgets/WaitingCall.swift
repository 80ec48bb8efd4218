package import Domain

/// A call that waits for its turn.
package struct WaitingCall<ID: Hashable & Sendable>: Hashable, Sendable {
    /// The call.
    package let id: ID
    /// Its class.
    package let budgetClass: BudgetClass
    /// Whose it is: calls of one wedding share one turn; nil is nobody's.
    package let wedding: WeddingID?
    /// The limits it counts against.
    package let need: BudgetNeed
    /// The monotonic time after which waiting is of no use; nil is never.
    package let deadline: Duration?

    /// Describes a call.
    package init(
        _ id: ID,
        _ budgetClass: BudgetClass,
        wedding: WeddingID? = nil,
        need: BudgetNeed = BudgetNeed(),
        deadline: Duration? = nil
    ) {
        self.id = id
        self.budgetClass = budgetClass
        self.wedding = wedding
        self.need = need
        self.deadline = deadline
    }
}

/// A call that was let go, to be given back when it is over.
package struct SentCall<ID: Hashable & Sendable>: Hashable, Sendable {
    /// The call.
    package let call: WaitingCall<ID>
    /// The monotonic time at which it was let go.
    package let sentAt: Duration
}
