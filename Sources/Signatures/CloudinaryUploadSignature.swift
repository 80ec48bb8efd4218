package import Domain

/// The signature of a call to Cloudinary's Upload API.
///
/// - `file`, `cloud_name`, `resource_type`, `api_key` and `signature` are never signed, nor are empty values.
/// - Each parameter becomes `name=value`, elements joined with `,`; the pairs are sorted as bytes and joined with `&`.
/// - Version 2 writes `%26` for each `&` inside a pair, so that a value cannot pose as another parameter
///   (`public_id=p&overwrite=1`); version 1 leaves it. Nothing else is escaped.
/// - The secret follows without a separator; the digest is written in lower-case hexadecimal.
///
/// Sign exactly what is put on the wire. Source: cloudinary 1.46.3 `utils.api_sign_request`.
package enum CloudinaryUploadSignature {
    /// A parameter's value as it stands on the wire.
    package enum Value: Hashable, Sendable {
        case text(String)
        /// Joined with `,`.
        case list([String])
        /// `1` or `0`.
        case flag(Bool)
        case number(Int64)

        /// The value on the wire.
        package var text: String {
            switch self {
            case .text(let text): text
            case .list(let elements): elements.joined(separator: ",")
            case .flag(let isSet): isSet ? "1" : "0"
            case .number(let number): String(number)
            }
        }
    }

    /// How a `&` inside a value is signed.
    package enum Version: Int64, CaseIterable, Hashable, Sendable {
        /// As it is: for what Cloudinary signs in its answers.
        case one = 1
        /// As `%26`: for calls.
        case two = 2
    }

    /// What is signed, without the secret.
    package static func stringToSign(_ parameters: [(String, Value)], version: Version = .two) -> String {
        let pairs = parameters.compactMap { name, value -> [UInt8]? in
            let text = value.text
            guard !unsigned.contains(name), !text.isEmpty else { return nil }
            return escaped(Array("\(name)=\(text)".utf8), version)
        }
        let sorted = pairs.sorted { $0.lexicographicallyPrecedes($1) }
        return String(decoding: Array(sorted.joined(separator: Array("&".utf8))), as: UTF8.self)
    }

    /// The value of the parameter `signature`.
    package static func sign(
        _ parameters: [(String, Value)],
        secret: Secret,
        digest: CloudinaryDigest = .sha1,
        version: Version = .two
    ) -> String {
        let text = Array(stringToSign(parameters, version: version).utf8)
        return Hex.encode(digest.digest([text, secret.bytes]))
    }

    private static let unsigned: Set = ["file", "cloud_name", "resource_type", "api_key", "signature"]

    private static func escaped(_ pair: [UInt8], _ version: Version) -> [UInt8] {
        guard version == .two else { return pair }
        return pair.flatMap { $0 == UInt8(ascii: "&") ? Array("%26".utf8) : [$0] }
    }
}
