/// How Amazon S3 writes keys and order into its event notifications.
package enum S3Event {
    /// The key as it is in the bucket: `s3.object.key` is form-encoded, `red+flower.jpg` is `red flower.jpg`.
    /// - Returns: nil when it is not form-encoded UTF-8.
    package static func decodedKey(_ text: [UInt8]) -> [UInt8]? {
        formDecoded(text[...])
    }

    /// The order of two events of one key by their `sequencer`: hexadecimal texts, the shorter filled up with zeros.
    ///
    /// | left | right | left is |
    /// |---|---|---|
    /// | `0055AED6DCD90281E5` | `0055AED6DCD90281E6` | older (-1) |
    /// | `00FF` | `00FF00` | the same (0) |
    /// | `00FF` | `00FE99` | younger (1) |
    package static func compareSequencers(_ left: String, _ right: String) -> Int {
        let count = max(left.utf8.count, right.utf8.count)
        let left = padded(left, count)
        let right = padded(right, count)
        if left == right { return 0 }
        return left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    private static func padded(_ text: String, _ count: Int) -> [UInt8] {
        Array(text.utf8) + Array(repeating: UInt8(ascii: "0"), count: count - text.utf8.count)
    }
}
