import Crypto
import Domain

/// Which key it is, without telling the key: what a record names and what an operator compares.
///
/// The first 16 bytes of SHA-256("usher-kid-v1" ‖ key). Computed, never chosen: an id cannot be given to the
/// wrong key by a person (security design, section 2.1).
struct KeyFingerprint: Hashable, Sendable {
    /// The bytes of a fingerprint inside a record.
    static let byteCount = 16
    /// The bytes of it that operators see: the key id.
    static let shownByteCount = 8

    let bytes: [UInt8]

    init(of key: SymmetricKey) {
        var hash = SHA256()
        hash.update(data: Array("usher-kid-v1".utf8))
        unsafe key.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        bytes = Array(hash.finalize().prefix(Self.byteCount))
    }

    /// Reads the field of a record; the caller has cut exactly 16 bytes.
    init(field: ArraySlice<UInt8>) {
        precondition(field.count == Self.byteCount, "a key fingerprint has 16 bytes")
        bytes = Array(field)
    }

    /// The key id: the first eight bytes.
    var shown: [UInt8] { Array(bytes.prefix(Self.shownByteCount)) }
}
