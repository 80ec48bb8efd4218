import Domain
import Signatures

/// Reads settings from JSON: every key must be known, every value must fit; says what to write otherwise.
struct SettingsReader {
    private let members: [JSONMember]

    /// Checks the keys; `known` is every key the settings may have.
    init(_ json: JSONValue, known: [String]) throws(ProviderError) {
        guard let members = json.object else { throw .settingsNotObject }
        for member in members where !known.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) {
            throw .unknownSetting(member.name, known: known)
        }
        self.members = members
    }

    /// Whether the key is given.
    func has(_ key: String) -> Bool {
        members.contains { $0.name.utf8.elementsEqual(key.utf8) }
    }

    /// The value of `key` as `convert` reads it; nil when the key is not given.
    func read<Value>(
        _ key: String,
        expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws(ProviderError) -> Value? {
        guard let member = members.first(where: { $0.name.utf8.elementsEqual(key.utf8) }) else { return nil }
        guard let value = convert(member.value) else { throw .invalidSetting(key, expected: expected) }
        return value
    }

    /// A whole number of seconds within `range`.
    func seconds(_ key: String, _ range: ClosedRange<Int64>) throws(ProviderError) -> Duration? {
        let expected = "a whole number of seconds from \(range.lowerBound) to \(range.upperBound)"
        return try read(key, expected: expected) { value in
            value.int64.flatMap { range.contains($0) ? .seconds($0) : nil }
        }
    }

    /// A header's name: an RFC 9110 token of at most 64 characters, lower-cased.
    func header(_ key: String) throws(ProviderError) -> String? {
        try read(key, expected: "the name of a header, like `X-Signature`") { value in
            value.string.flatMap { name in
                (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(isTokenByte)
                    ? lowercasedASCII(name) : nil
            }
        }
    }

    /// A JSON pointer that leads below the whole body.
    func pointer(_ key: String) throws(ProviderError) -> JSONPointer? {
        try read(key, expected: "a JSON pointer into the body, like `/data/object/id`") { value in
            value.string.flatMap { JSONPointer($0) }.flatMap { $0.tokens.isEmpty ? nil : $0 }
        }
    }

    /// Up to 64 printable ASCII characters, spaces included.
    func text(_ key: String) throws(ProviderError) -> String? {
        try read(key, expected: "at most 64 printable ASCII characters") { value in
            value.string.flatMap { text in
                text.utf8.count <= 64 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
            }
        }
    }

    /// A list of 1 to `textsMax` different texts, each 1 to `bytesMax` printable ASCII characters without spaces.
    func texts(
        _ key: String,
        expected: String,
        bytesMax: Int = 255,
        where isFit: (String) -> Bool = { _ in true }
    ) throws(ProviderError) -> [String]? {
        try read(key, expected: "a list of 1 to \(Self.textsMax) \(expected)") { value in
            guard let texts = value.array?.compactMap(\.string), texts.count == value.array?.count,
                (1...Self.textsMax).contains(texts.count),
                Set(texts.map { Array($0.utf8) }).count == texts.count
            else { return nil }
            let fits = texts.allSatisfy { text in
                (1...bytesMax).contains(text.utf8.count)
                    && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } && isFit(text)
            }
            return fits ? texts : nil
        }
    }

    /// The most texts of a list.
    static let textsMax = 100

    /// One of a few words.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String
    ) throws(ProviderError) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        return try read(key, expected: "one of \(words)") { $0.string.flatMap { Word(rawValue: $0) } }
    }

    /// An event type.
    func type(_ key: String) throws(ProviderError) -> String? {
        let expected =
            "an event type of 1 to 128 printable ASCII characters without spaces, like `order.paid`"
        return try read(key, expected: expected) { value in
            value.string.flatMap { EventFields.isType(Array($0.utf8)) ? $0 : nil }
        }
    }

    /// A priority.
    func priority(_ key: String) throws(ProviderError) -> Priority? {
        try read(key, expected: "one of `critical`, `high`, `normal`, `low`") { value in
            value.string.flatMap { Priority(name: $0) }
        }
    }
}

/// RFC 9110 section 5.6.2: what a header's name may hold.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
