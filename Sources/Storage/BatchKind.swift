/// A typed hot path: many callers' items applied by one function in one transaction.
package struct BatchKind<Item: Sendable, Outcome: Sendable>: Sendable {
    /// For metrics and messages.
    let name: String
    let itemsMax: Int
    let waitingMax: Int
    let waitingBytesMax: Int
    let bytes: @Sendable (Item) -> Int
    let apply: @Sendable (Transaction, [Item]) throws -> [Outcome]

    /// A transaction takes no further item of a kind once it holds this many bytes of it: 8 MiB.
    let transactionBytesMax = 8 << 20

    /// Describes the hot path.
    ///
    /// - Parameters:
    ///   - itemsMax: most items in one transaction.
    ///   - waitingMax: most items that wait; beyond it `submit` throws `.overloaded`.
    ///   - waitingBytesMax: most bytes that wait, by `bytes`; beyond it likewise.
    ///   - bytes: about how much memory an item holds. Give it where items can be large.
    ///   - apply: does the work for all items and returns exactly one outcome an item, in order. When it throws, its
    ///     changes are undone and it is called again for each item alone, so that one bad item fails alone: it must
    ///     keep no state of its own.
    package init(
        name: String,
        itemsMax: Int,
        waitingMax: Int,
        waitingBytesMax: Int = .max,
        bytes: @escaping @Sendable (Item) -> Int = { _ in 0 },
        apply: @escaping @Sendable (Transaction, [Item]) throws -> [Outcome]
    ) {
        precondition(itemsMax > 0, "A transaction must take at least one item.")
        self.name = name
        self.itemsMax = itemsMax
        self.waitingMax = waitingMax
        self.waitingBytesMax = waitingBytesMax
        self.bytes = bytes
        self.apply = apply
    }
}
