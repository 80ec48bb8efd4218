/// What the committer has done since the database was opened.
package struct DatabaseStatistics: Sendable, Equatable {
    /// Transactions committed; each cost one sync.
    package let transactions: Int
    /// Closures and batch items in them, failed ones included.
    package let items: Int
    /// Most of them in one transaction.
    package let itemsInLargestTransaction: Int
    /// Transactions that failed as a whole; nothing of them is stored.
    package let failedTransactions: Int
    /// Closures and items waiting now.
    package let waiting: Int
}
