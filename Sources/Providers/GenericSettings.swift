package import Domain
package import Signatures

/// The settings of a source of any other sender.
///
/// | key | type | default | meaning |
/// |---|---|---|---|
/// | `auth` | word | `hmac-sha256` | `hmac-sha1`, `hmac-sha256`, `hmac-sha512`, `bearer`, `basic` |
/// | `header` | header name | `x-signature`; bearer: `authorization` | where the signature or the token stands |
/// | `prefix` | text | empty; bearer in `authorization`: `Bearer ` | what stands before it (`sha256=`) |
/// | `encoding` | word | `hex` | of the HMAC: `hex` (lower case), `hex-upper`, `base64` |
/// | `signed` | template | `{body}` | what the HMAC covers, of `{timestamp}`, `{body}` once, `{url}` and text |
/// | `timestamp_header` | header name | none | Unix seconds; needed when `signed` has `{timestamp}`, else not allowed |
/// | `tolerance_seconds` | whole seconds | 300 | 10 to 3600: how old a timestamp may be |
/// | `tolerance_ahead_seconds` | whole seconds | 60 | 0 to 3600: how far ahead it may be |
/// | `id_header` or `id_pointer` | header name or JSON pointer | SHA-256 of the signed bytes | the event's id |
/// | `type_header` or `type_pointer` | header name or JSON pointer | `type` | the event's type |
/// | `type` | event type | `webhook` | the type of every event, when neither of these is given |
/// | `ordering_pointer` | JSON pointer | none | events with equal values here keep their order |
/// | `priority` | word | `normal` | `critical`, `high`, `normal`, `low`: of every event |
///
/// The body must be JSON exactly when a pointer is given. A header is not covered by the signature: an id from a
/// header is only as good as the connection it came over.
package struct GenericSettings: Hashable, Sendable {
    /// How a request is believed.
    package enum Authentication: Hashable, Sendable {
        case hmac(HMACScheme)
        case token(TokenScheme)
    }

    /// Where a value is read from.
    package enum Place: Hashable, Sendable {
        /// A header, lower case.
        case header(String)
        /// A value of the JSON body.
        case pointer(JSONPointer)
    }

    /// How a request is believed.
    package var authentication = Authentication.hmac(HMACScheme(header: Self.headerDefault))
    /// Where the id stands; nil is the SHA-256 of the signed bytes.
    package var id: Place?
    /// Where the type stands; nil is `typeConstant`.
    package var type: Place?
    /// The type of every event without a place for it.
    package var typeConstant = Self.typeDefault
    /// Where the ordering key stands; nil for none.
    package var orderingPointer: JSONPointer?
    /// The priority of every event.
    package var priority = Priority.normal

    /// The default of `header`.
    package static let headerDefault = "x-signature"
    /// The default of `type`.
    package static let typeDefault = "webhook"

    /// Makes the default settings: a lower-case hexadecimal HMAC-SHA256 of the body in `X-Signature`.
    package init() {}
}

// MARK: From JSON

extension GenericSettings {
    /// The words of `auth`.
    enum Word: String, CaseIterable {
        case hmacSHA1 = "hmac-sha1"
        case hmacSHA256 = "hmac-sha256"
        case hmacSHA512 = "hmac-sha512"
        case bearer
        case basic

        /// The keyed hash; nil for tokens.
        var algorithm: HMACAlgorithm? {
            switch self {
            case .hmacSHA1: .sha1
            case .hmacSHA256: .sha256
            case .hmacSHA512: .sha512
            case .bearer, .basic: nil
            }
        }
    }

    private static let known = [
        "auth", "header", "prefix", "encoding", "signed", "timestamp_header", "tolerance_seconds",
        "tolerance_ahead_seconds", "id_header", "id_pointer", "type_header", "type_pointer", "type",
        "ordering_pointer", "priority",
    ]

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: Self.known)
        authentication = try Self.authentication(reader)
        id = try Self.place(reader, "id")
        type = try Self.place(reader, "type")
        guard type == nil || !reader.has("type") else {
            throw .conflictingSettings(
                "`type` is the type of every event: leave out `type_header`/`type_pointer`, or it"
            )
        }
        typeConstant = try reader.type("type") ?? Self.typeDefault
        orderingPointer = try reader.pointer("ordering_pointer")
        priority = try reader.priority("priority") ?? .normal
    }

    private static func place(_ reader: SettingsReader, _ name: String) throws(ProviderError) -> Place? {
        let header = try reader.header("\(name)_header")
        let pointer = try reader.pointer("\(name)_pointer")
        guard header == nil || pointer == nil else {
            throw .conflictingSettings("`\(name)_header` and `\(name)_pointer` exclude each other: keep one")
        }
        return header.map { .header($0) } ?? pointer.map { .pointer($0) }
    }

    private static func authentication(_ reader: SettingsReader) throws(ProviderError) -> Authentication {
        let word: Word = try reader.word("auth") ?? .hmacSHA256
        if let algorithm = word.algorithm { return .hmac(try hmac(algorithm, reader)) }
        let unused = word == .basic ? ["header", "prefix"] + hmacOnly : hmacOnly
        for key in unused where reader.has(key) {
            throw .conflictingSettings("`\(key)` has no meaning with `auth: \(word.rawValue)`: leave it out")
        }
        guard word == .bearer else { return .token(.basic) }
        let header = try reader.header("header") ?? "authorization"
        let prefix = try reader.text("prefix") ?? (header == "authorization" ? "Bearer " : "")
        return .token(.bearer(header: header, prefix: prefix))
    }

    /// The keys that only an HMAC has.
    private static let hmacOnly = [
        "encoding", "signed", "timestamp_header", "tolerance_seconds", "tolerance_ahead_seconds",
    ]

    private static func hmac(
        _ algorithm: HMACAlgorithm,
        _ reader: SettingsReader
    ) throws(ProviderError) -> HMACScheme {
        let expected =
            "a text with `{body}` once and, where needed, `{timestamp}` and `{url}`, like `{timestamp}.{body}`"
        let template = try reader.read("signed", expected: expected) {
            $0.string.flatMap { SignedTemplate($0) }
        }
        let signed = template ?? .body
        let timestampHeader = try reader.header("timestamp_header")
        guard signed.hasTimestamp == (timestampHeader != nil) else {
            throw .conflictingSettings(
                "`timestamp_header` and `{timestamp}` in `signed` go together: a time that is not signed proves nothing"
            )
        }
        for key in ["tolerance_seconds", "tolerance_ahead_seconds"]
        where timestampHeader == nil && reader.has(key) {
            throw .conflictingSettings("`\(key)` needs `timestamp_header` and `{timestamp}` in `signed`")
        }
        let standard = HMACScheme.toleranceDefault
        return HMACScheme(
            algorithm: algorithm,
            encoding: try reader.word("encoding") ?? .hex,
            header: try reader.header("header") ?? headerDefault,
            prefix: try reader.text("prefix") ?? "",
            template: signed,
            timestampHeader: timestampHeader,
            tolerance: TimestampTolerance(
                past: try reader.seconds("tolerance_seconds", toleranceRange) ?? standard.past,
                future: try reader.seconds("tolerance_ahead_seconds", 0...3_600) ?? standard.future
            )
        )
    }
}

// MARK: To JSON

extension GenericSettings {
    /// The settings with every key that has a meaning, defaults included.
    var json: JSONValue {
        var members = authenticationMembers
        members += placeMembers("id", id) + placeMembers("type", type)
        if type == nil { members.append(JSONMember("type", .string(typeConstant))) }
        if let orderingPointer {
            members.append(JSONMember("ordering_pointer", .string(orderingPointer.description)))
        }
        members.append(JSONMember("priority", .string(priority.name)))
        return .object(members)
    }

    private var authenticationMembers: [JSONMember] {
        switch authentication {
        case .token(.basic):
            return [JSONMember("auth", .string(Word.basic.rawValue))]
        case .token(.bearer(let header, let prefix)):
            return [
                JSONMember("auth", .string(Word.bearer.rawValue)), JSONMember("header", .string(header)),
                JSONMember("prefix", .string(prefix)),
            ]
        case .hmac(let scheme):
            return [
                JSONMember("auth", .string("hmac-" + scheme.algorithm.rawValue)),
                JSONMember("header", .string(scheme.header)),
                JSONMember("prefix", .string(scheme.prefix)),
                JSONMember("encoding", .string(scheme.encoding.rawValue)),
                JSONMember("signed", .string(scheme.template.description)),
            ] + timestampMembers(scheme)
        }
    }

    private func timestampMembers(_ scheme: HMACScheme) -> [JSONMember] {
        guard let header = scheme.timestampHeader else { return [] }
        return [
            JSONMember("timestamp_header", .string(header)),
            JSONMember("tolerance_seconds", .integer(scheme.tolerance.past.components.seconds)),
            JSONMember("tolerance_ahead_seconds", .integer(scheme.tolerance.future.components.seconds)),
        ]
    }

    private func placeMembers(_ name: String, _ place: Place?) -> [JSONMember] {
        switch place {
        case nil: []
        case .header(let header): [JSONMember("\(name)_header", .string(header))]
        case .pointer(let pointer): [JSONMember("\(name)_pointer", .string(pointer.description))]
        }
    }
}
