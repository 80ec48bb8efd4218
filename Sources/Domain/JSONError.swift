/// Why a text is not the JSON that Usher accepts.
///
/// Offsets count bytes from 0.
package enum JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not the grammar of RFC 8259: a trailing comma, a comment, a byte-order mark, text after the value.
    case malformed(offset: Int)
    /// A byte that is no part of valid UTF-8.
    case invalidUTF8(offset: Int)
    /// A `\u` escape of half a surrogate pair.
    case loneSurrogate(offset: Int)
    /// A member name that the same object already has, compared as decoded bytes.
    case duplicateKey(offset: Int)
    /// A number that no finite `Double` is near (`1e400`).
    case numberNotFinite(offset: Int)
    /// A number with more than `JSONLimits.numberBytesMax` characters.
    case numberTooLong
    /// A string with more than `JSONLimits.stringBytesMax` bytes between its quotes.
    case stringTooLong
    /// More than `JSONLimits.depthMax` containers inside each other.
    case tooDeep
    /// More than `JSONLimits.nodesMax` values.
    case tooManyNodes

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .malformed: "json_malformed"
        case .invalidUTF8: "json_invalid_utf8"
        case .loneSurrogate: "json_lone_surrogate"
        case .duplicateKey: "json_duplicate_key"
        case .numberNotFinite: "json_number_not_finite"
        case .numberTooLong: "json_number_too_long"
        case .stringTooLong: "json_string_too_long"
        case .tooDeep: "json_too_deep"
        case .tooManyNodes: "json_too_many_values"
        }
    }

    package var description: String {
        switch self {
        case .malformed(let offset): "not valid JSON at byte \(offset)"
        case .invalidUTF8(let offset): "not valid UTF-8 at byte \(offset)"
        case .loneSurrogate(let offset): "half a surrogate pair at byte \(offset)"
        case .duplicateKey(let offset): "a member name repeated in one object at byte \(offset)"
        case .numberNotFinite(let offset): "a number too large at byte \(offset)"
        case .numberTooLong: "a number with too many characters"
        case .stringTooLong: "a string that is too long"
        case .tooDeep: "arrays and objects nested too deeply"
        case .tooManyNodes: "too many values"
        }
    }
}
