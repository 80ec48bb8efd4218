import Domain

extension WireText {
    /// Undoes percent-encoding; nil for broken escapes and what is no UTF-8.
    ///
    /// `+` stays `+`.
    package static func percentDecoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        let input = Array(text.utf8)
        var index = 0
        while index < input.count {
            if input[index] == 0x25 {
                guard index + 2 < input.count,
                    let byte = Hex.decode(input[(index + 1)...(index + 2)], letterCase: .any)?.first
                else { return nil }
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(input[index])
                index += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
