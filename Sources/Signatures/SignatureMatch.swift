import Domain

/// Finds which secret made one of the presented codes.
///
/// Every secret is tried against every code, in the same time whether or not an early one matched.
/// - Parameter code: the code that a secret would give; nil when the secret may not be believed.
/// - Returns: the index of the first secret that matches.
func matchingSecret(
    of secrets: [Secret],
    presented: [[UInt8]],
    code: (Secret) -> [UInt8]?
) throws(SignatureError) -> Int {
    var matched: Int?
    var anyUsable = false
    for (index, secret) in secrets.enumerated() {
        guard let expected = code(secret) else { continue }
        anyUsable = true
        var matches = false
        for candidate in presented where constantTimeEqual(candidate, expected) { matches = true }
        if matches, matched == nil { matched = index }
    }
    guard anyUsable else { throw .noUsableSecret }
    guard let matched else { throw .mismatch }
    return matched
}

/// Throws unless there is a secret and all have at least `Secret.bytesMin` bytes of what `key` makes of them.
func checkKeys(_ secrets: [Secret], key: (Int, Secret) throws(SecretError) -> [UInt8]) throws(SecretError) {
    guard !secrets.isEmpty else { throw .none }
    for (index, secret) in secrets.enumerated() {
        let bytes = try key(index, secret).count
        guard bytes >= Secret.bytesMin else { throw .tooShort(index: index, bytes: bytes) }
    }
}
