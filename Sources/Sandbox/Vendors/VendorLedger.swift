package import Domain

/// The list of what took effect at a vendor; forgets its oldest quarter beyond its limit.
package struct VendorLedger: Hashable, Sendable {
    /// The most entries.
    package static let entriesMax = 100_000

    /// What took effect, oldest first.
    package private(set) var entries: [LedgerEntry] = []

    /// An empty ledger.
    package init() {}

    /// Writes one entry.
    package mutating func append(_ entry: LedgerEntry) {
        entries.append(entry)
        guard entries.count > Self.entriesMax else { return }
        entries.removeFirst(Self.entriesMax / 4)
    }
}

extension LedgerEntry {
    /// The entry as `/_ledger` shows it.
    package var json: JSONValue {
        [
            "kind": .string(kind), "id": .string(id), "of": of.map { .string($0) } ?? .null,
            "tag": tag.map { .string($0) } ?? .null, "amount": amount.map { .integer($0) } ?? .null,
            "at": .string("\(at)"),
        ]
    }
}
