import Domain

/// Makes and reads the cursors of paged listings: opaque, and good only for the listing they come from.
///
/// A cursor is base64url of a position and the first 16 bytes of a keyed hash over the listing's name, its filters
/// and the position. Who changes a byte, or takes it to another listing, gets 400.
package struct CursorCodec: Sendable {
    /// The longest cursor that is looked at, in characters.
    package static let lengthMax = 512
    private static let tagLength = 16

    private let keyedHash: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameter keyedHash: at least 16 bytes that nobody can compute without the key.
    package init(keyedHash: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.keyedHash = keyedHash
    }

    /// The cursor for `position` in `listing`.
    ///
    /// - Parameter listing: names the listing, its filters and whose it is: `["events", "source=stripe"]`.
    package func encode(_ position: [UInt8], listing: [String]) -> String {
        Base64.encode(position + tag(position, listing), .urlSafe)
    }

    /// The position a cursor stands for; throws a 400 unless we made it for this listing.
    package func decode(_ text: String, listing: [String]) throws(Problem) -> [UInt8] {
        guard text.utf8.count <= Self.lengthMax, let bytes = Base64.decode(text, .urlSafe),
            bytes.count >= Self.tagLength
        else { throw .invalidCursor }
        let position = Array(bytes.dropLast(Self.tagLength))
        guard areEqual(Array(bytes.suffix(Self.tagLength)), tag(position, listing)) else {
            throw .invalidCursor
        }
        return position
    }

    private func tag(_ position: [UInt8], _ listing: [String]) -> [UInt8] {
        var input: [UInt8] = []
        for part in listing.map({ Array($0.utf8) }) + [position] {
            unsafe withUnsafeBytes(of: UInt64(part.count).bigEndian) { unsafe input.append(contentsOf: $0) }
            input += part
        }
        return Array(keyedHash(input).prefix(Self.tagLength))
    }

    /// Compares without stopping at the first difference.
    private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Problem {
    /// 400: not a cursor of ours, or one from another listing.
    static let invalidCursor = badRequest(
        "invalid-cursor",
        "Take the cursor from the answer to the same listing with the same filters."
    )
}
