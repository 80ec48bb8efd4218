import Access
import Domain

/// One kind of durable facts, in an order that does not change any more.
struct ExportSource: Sendable {
    /// One fact.
    struct Row: Sendable {
        /// Behind it the next page begins.
        let position: [UInt8]
        /// The fact; nil when the caller may not see it.
        let json: JSONValue?
    }

    /// Some facts in a row.
    struct Page: Sendable {
        let rows: [Row]
        /// Whether there may be more at once.
        let hasMore: Bool
    }

    /// The name of one such fact: `event`.
    let name: String
    /// Tells its positions from those of others in a cursor; never used again for anything else.
    let code: UInt8
    /// The facts behind a position, at most so many; nil begins with the first.
    let page: @Sendable (_ position: [UInt8]?, AccessScope, _ limit: Int) async throws -> Page
    /// The position behind which the facts from an instant on are, and perhaps some before.
    let position: @Sendable (Instant) async throws -> [UInt8]
}

/// Whole numbers as bytes of a position.
enum PositionBytes {
    static func bytes(_ number: Int64) -> [UInt8] {
        let bits = UInt64(bitPattern: number)
        return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
    }

    /// The number in eight bytes; 0 when there are not as many.
    static func number(_ bytes: ArraySlice<UInt8>?) -> Int64 {
        guard let bytes, bytes.count == 8 else { return 0 }
        return Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
