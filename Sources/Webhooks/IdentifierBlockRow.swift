/// What one row of `identifier_blocks` holds: hashes, each with the places of its events in the block.
///
///     hash, 16 bytes | how many, 2 bytes | that many places, 2 bytes each, the latest first | the next hash | …
///
/// Numbers are big-endian. A hash that every event has, as that of a platform's own telephone number, takes 4 KiB of its
/// row, which every search for another hash of the row reads too; with a hash for each place it would take 36.
struct IdentifierBlockRow {
    private static let hashBytes = IdentifierTable.hashBytes
    private static let headBytes = hashBytes + 2

    private var groups: [(hash: [UInt8], places: [UInt16])] = []
    private var index: [[UInt8]: Int] = [:]

    init() {}

    /// Reads what `bytes` made; what is left over of a damaged row is dropped.
    init(_ bytes: [UInt8]) {
        var position = 0
        while let (count, next) = Self.group(at: position, bytes) {
            let hash = Array(bytes[position..<(position + Self.hashBytes)])
            for number in 0..<count { add(hash, Self.place(number, at: position, bytes)) }
            position = next
        }
    }

    var isEmpty: Bool { groups.isEmpty }

    /// Adds the place of an event that is earlier than all that were added.
    mutating func add(_ hash: [UInt8], _ place: UInt16) {
        if let known = index[hash] {
            groups[known].places.append(place)
        } else {
            index[hash] = groups.count
            groups.append((hash, [place]))
        }
    }

    mutating func remove(_ hash: [UInt8], _ place: UInt16) {
        guard let known = index[hash] else { return }
        groups[known].places.removeAll { $0 == place }
        guard groups[known].places.isEmpty else { return }
        groups.remove(at: known)
        index = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1.hash, $0) })
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for group in groups {
            bytes += group.hash
            for number in [UInt16(group.places.count)] + group.places {
                bytes.append(UInt8(number >> 8))
                bytes.append(UInt8(number & 0xFF))
            }
        }
        return bytes
    }

    /// The places of one hash, the latest first, without reading the others.
    static func places(of hash: [UInt8], in bytes: [UInt8]) -> [UInt16] {
        var position = 0
        while let (count, next) = group(at: position, bytes) {
            if bytes[position..<(position + hashBytes)].elementsEqual(hash) {
                return (0..<count).map { place($0, at: position, bytes) }
            }
            position = next
        }
        return []
    }

    /// How many places the group at `position` has, and where the next one is; nil at the end.
    private static func group(at position: Int, _ bytes: [UInt8]) -> (count: Int, next: Int)? {
        guard position + headBytes <= bytes.count else { return nil }
        let count = Int(bytes[position + hashBytes]) << 8 | Int(bytes[position + hashBytes + 1])
        let next = position + headBytes + 2 * count
        return next <= bytes.count ? (count, next) : nil
    }

    private static func place(_ number: Int, at position: Int, _ bytes: [UInt8]) -> UInt16 {
        let start = position + headBytes + 2 * number
        return UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])
    }
}
