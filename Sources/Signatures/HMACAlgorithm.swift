import Crypto

/// A keyed hash as webhooks are signed with.
package enum HMACAlgorithm: String, CaseIterable, Hashable, Sendable {
    /// For providers that still use it; HMAC does not suffer from SHA-1's collisions.
    case sha1
    case sha256
    case sha512

    /// The code's length in bytes.
    package var codeBytes: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// The code of the concatenated `parts` under `key`.
    package func code(_ parts: [[UInt8]], key: [UInt8]) -> [UInt8] {
        switch self {
        case .sha1: authenticate(parts, key, Insecure.SHA1.self)
        case .sha256: authenticate(parts, key, SHA256.self)
        case .sha512: authenticate(parts, key, SHA512.self)
        }
    }
}

private func authenticate<Hash: HashFunction>(_ parts: [[UInt8]], _ key: [UInt8], _: Hash.Type) -> [UInt8] {
    var hmac = HMAC<Hash>(key: SymmetricKey(data: key))
    for part in parts { hmac.update(data: part) }
    return Array(hmac.finalize())
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
}

/// The SHA-256 of the concatenated `parts`.
package func sha256(_ parts: [[UInt8]]) -> [UInt8] {
    var hash = SHA256()
    for part in parts { hash.update(data: part) }
    return Array(hash.finalize())
}
