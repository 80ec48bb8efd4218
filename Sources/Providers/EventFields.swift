import Domain
import Signatures

/// Checks what was found in a webhook before it becomes part of an `EventDescription`.
enum EventFields {
    /// An event type: 1 to 128 printable ASCII characters without spaces.
    static func type(_ found: JSONScanner.Found?, _ place: String) throws(DescriptionError) -> String {
        guard let found else { throw .missing(place) }
        guard case .string(let bytes) = found, isType(bytes) else { throw .invalid(place) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether `bytes` may be an event type.
    static func isType(_ bytes: [UInt8]) -> Bool {
        (1...EventDescription.typeBytesMax).contains(bytes.count)
            && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// An event's id, a string or a number's literal: 1 to 255 bytes, none of them a control character.
    static func id(_ found: JSONScanner.Found?, _ place: String) throws(DescriptionError) -> [UInt8] {
        guard let found else { throw .missing(place) }
        guard let bytes = found.bytes, isKey(bytes) else { throw .invalid(place) }
        return bytes
    }

    /// Whether `bytes` may be an id or an ordering key.
    static func isKey(_ bytes: [UInt8]) -> Bool {
        (1...EventDescription.keyBytesMax).contains(bytes.count)
            && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// An ordering key; a value that is no key as it stands is replaced by its SHA-256, so that order is kept.
    static func orderingKey(_ found: JSONScanner.Found?) -> [UInt8]? {
        guard let bytes = found?.bytes, !bytes.isEmpty else { return nil }
        return isKey(bytes) ? bytes : sha256([bytes])
    }

    /// The id of an event whose provider gives none: what makes it unique, joined by spaces; the SHA-256 of that where it
    /// is no id as it stands.
    static func composedID(_ parts: [[UInt8]]) -> [UInt8] {
        let id = Array(parts.joined(separator: [UInt8(ascii: " ")]))
        return isKey(id) ? id : sha256([id])
    }

    /// The first of some places at which a text that is not empty, or a number, stands.
    static func first(_ found: JSONScanner.Found?...) -> JSONScanner.Found? {
        found.lazy.compactMap(\.self).first { $0.bytes.map { !$0.isEmpty } ?? false }
    }

    /// Milliseconds since 1970; nil for anything else.
    static func milliseconds(_ found: JSONScanner.Found?) -> Instant? {
        guard let value = found?.int64, (0...secondsMax * 1_000).contains(value) else { return nil }
        return Instant(microseconds: value * 1_000)
    }

    /// Seconds since 1970 or an RFC 3339 text; nil for anything else: a strange time is no reason to lose an event.
    static func instant(_ found: JSONScanner.Found?) -> Instant? {
        if let seconds = found?.int64, (0...secondsMax).contains(seconds) { return Instant(seconds: seconds) }
        return found?.string.flatMap { Instant($0) }
    }

    /// The last second of the year 9999.
    private static let secondsMax: Int64 = 253_402_300_799
}

/// Scans a body; errors become `DescriptionError.invalidJSON`.
func scanned(_ body: [UInt8], _ pointers: JSONPointerSet) throws(DescriptionError) -> [JSONScanner.Found?] {
    do throws(JSONError) {
        return try JSONScanner.scan(body, pointers: pointers)
    } catch {
        throw .invalidJSON(error)
    }
}
