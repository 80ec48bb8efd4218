package import Domain

/// The key an attempt shows its provider: unique to the attempt, the same at each repetition.
package enum AttemptKey {
    private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    /// 32 characters of base32hex in lower case (RFC 4648 section 7): the attempt's 16 bytes, then four of its call.
    ///
    /// Fits Stripe (255), Square (45), PayPal (108) and Google's event ids (`0`–`9`, `a`–`v`).
    package static func make(_ attempt: CallAttemptID, of call: CallID) -> String {
        var text: [UInt8] = []
        var buffer = 0
        var bits = 0
        for byte in attempt.bytes + call.bytes.suffix(4) {
            buffer = buffer << 8 | Int(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[buffer >> bits & 31])
            }
            buffer &= (1 << bits) - 1
        }
        return String(decoding: text, as: UTF8.self)
    }
}
