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
    try matchingSecret(of: secrets, presented: presented, codes: { secret in code(secret).map { [$0] } })
}

/// The same for a scheme in which a secret may give one of several codes.
/// - Parameter codes: the codes that a secret would give; nil when the secret may not be believed.
func matchingSecret(
    of secrets: [Secret],
    presented: [[UInt8]],
    codes: (Secret) -> [[UInt8]]?
) throws(SignatureError) -> Int {
    try matchingSecret(of: secrets) { secret in
        guard let expected = codes(secret) else { return nil }
        var matches = false
        for code in expected {
            for candidate in presented where constantTimeEqual(candidate, code) { matches = true }
        }
        return matches
    }
}

/// The same for a scheme that compares by itself.
/// - Parameter matches: whether a secret made the signature; nil when the secret may not be believed.
func matchingSecret(
    of secrets: [Secret],
    matches: (Secret) -> Bool?
) throws(SignatureError) -> Int {
    var matched: Int?
    var anyUsable = false
    for (index, secret) in secrets.enumerated() {
        guard let isMatch = matches(secret) else { continue }
        anyUsable = true
        if isMatch, matched == nil { matched = index }
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
