import Crypto
package import Domain

/// The key that everything else is sealed under: 32 random bytes outside the database.
///
/// Its text is `ushrk1_` ‖ base64url of the key without padding (43 characters) ‖ `_` ‖ CRC-32 of all before it in
/// eight hexadecimal digits: 59 characters without white space. The checksum turns a truncated or mistyped key
/// into a clear message instead of a vault that does not open.
package struct RootKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What every root key's text begins with.
    package static let prefix = "ushrk1_"
    /// The length of the text, in characters.
    package static let textLength = prefix.utf8.count + encodedLength + 1 + checksumLength

    private static let encodedLength = 43
    private static let checksumLength = 8

    let key: SymmetricKey
    let fingerprint: KeyFingerprint

    private init(_ bytes: [UInt8]) {
        key = SymmetricKey(data: bytes)
        fingerprint = KeyFingerprint(of: key)
    }

    /// Makes a new key.
    package static func generate(random: RandomSource) -> RootKey {
        RootKey(random.bytes(32))
    }

    /// Reads the text form; throws `.rootKeyText` saying what is wrong with it.
    ///
    /// Nothing is trimmed.
    package static func parse(_ text: String) throws(VaultError) -> RootKey {
        try parse(Array(text.utf8))
    }

    static func parse(_ bytes: [UInt8]) throws(VaultError) -> RootKey {
        guard !bytes.isEmpty else { throw .rootKeyText(.empty) }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw .rootKeyText(.whiteSpace) }
        guard bytes.starts(with: prefix.utf8) else { throw .rootKeyText(.prefix) }
        guard bytes.count >= textLength else { throw .rootKeyText(.truncated(bytes.count)) }
        guard bytes.count == textLength else { throw .rootKeyText(.tooLong(bytes.count)) }
        let bodyLength = textLength - checksumLength - 1
        let encoded = bytes[prefix.utf8.count..<bodyLength]
        guard bytes[bodyLength] == 0x5F, let key = Base64.decode(encoded, .urlSafe) else {
            throw .rootKeyText(.characters)
        }
        guard bytes[(bodyLength + 1)...].elementsEqual(checksum(bytes[..<bodyLength])) else {
            throw .rootKeyText(.checksum)
        }
        return RootKey(key)
    }

    /// The text form.
    ///
    /// It is the secret itself: for the key file and for `usher keygen` only.
    package var text: String {
        let body = Self.prefix + Base64.encode(key.copiedBytes, .urlSafe)
        return body + "_" + String(decoding: Self.checksum(Array(body.utf8)[...]), as: UTF8.self)
    }

    /// Which key it is, for messages and comparisons: eight bytes that do not tell the key.
    package var keyID: [UInt8] { fingerprint.shown }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func checksum(_ body: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: CRC32.checksum(body))
        return Array(Hex.encode(bytes).utf8)
    }
}
