package import Domain
package import Signatures

/// How vendors read requests.
extension VendorRequest {
    /// The path's segments, decoded; nil when one is not properly encoded.
    package var segments: [String]? {
        var segments: [String] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            guard let segment = Self.percentDecoded(part) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    /// The query's fields, decoded; nil when it is no form.
    package var queryFields: FormFields? { FormFields(Array(query.utf8)) }

    /// The body's fields, decoded; nil when it is no form.
    package var formFields: FormFields? { FormFields(body) }

    /// The body as JSON; nil when it is none.
    package var json: JSONValue? { try? JSONParser.parse(body) }

    /// The token of `Authorization: Bearer`; nil without one.
    package var bearer: String? { authorization("Bearer ") }

    /// The user and password of `Authorization: Basic`; nil without them.
    package var basic: (user: String, password: String)? {
        guard let encoded = authorization("Basic "), let bytes = Base64.decode(encoded),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self),
            String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        )
    }

    private func authorization(_ scheme: String) -> String? {
        guard let value = headers.first("authorization"), value.utf8.starts(with: scheme.utf8) else {
            return nil
        }
        return String(value.dropFirst(scheme.count))
    }

    /// The text behind a percent-encoded part of a path; nil when an escape is broken or it is not UTF-8.
    package static func percentDecoded(_ part: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = Array(rest.prefix(2))
            guard digits.count == 2, let decoded = Hex.decode(digits[...], letterCase: .any) else {
                return nil
            }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension FormFields {
    /// The text of the field `name`; nil unless it stands there exactly once.
    package func text(_ name: String) -> String? {
        self[name].map { String(decoding: $0, as: UTF8.self) }
    }
}

extension VendorAnswer {
    /// An answer in JSON.
    package init(status: Int, json: JSONValue, headers: [(String, String)] = [], pretty: Bool = false) {
        self.init(
            status: status,
            headers: Headers([("content-type", "application/json")] + headers),
            body: json.serialized(pretty: pretty)
        )
    }
}

/// Whether two texts have the same bytes.
package func sameText(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}
