/// One numbered step of the schema: forward only, in a transaction of its own.
///
/// Targets own ranges of numbers and the list is ascending over all of them, so a lower number may arrive in a
/// later release than a higher one: what was not applied yet is applied, in order.
package struct Migration: Sendable {
    /// The step's number, above 0 and unique for ever.
    package let number: Int
    /// What it does, in a few words; recorded beside the number and compared at each start.
    package let name: String
    /// The step itself.
    package let apply: @Sendable (Transaction) throws -> Void

    /// Makes a step from a closure.
    package init(number: Int, name: String, apply: @escaping @Sendable (Transaction) throws -> Void) {
        self.number = number
        self.name = name
        self.apply = apply
    }

    /// Makes a step from statements without arguments, run in order.
    package init(number: Int, name: String, statements: [Statement]) {
        self.init(number: number, name: name) { transaction in
            for statement in statements { try transaction.execute(statement) }
        }
    }
}
