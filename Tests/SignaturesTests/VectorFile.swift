import Domain
import Foundation
import Signatures
import Testing

/// One case of `webhooks.json`.
struct WebhookVector: Sendable, CustomTestStringConvertible {
    /// What a case's verdict is worth.
    enum Class: String, Sendable {
        /// The verdict is asserted.
        case core
        /// Official verifiers differ: reported only.
        case contested
        /// The vendor's library says `expect`; a hardened gateway may answer `hardened`.
        case policy
    }

    let name: String
    let provider: String
    let kind: Class
    let request: WebhookRequest
    let secrets: [Secret]
    let now: Instant
    let isValid: Bool
    /// What a hardened verifier answers; `isValid` where the file does not say.
    let isValidHardened: Bool
    let bodyBytes: Int64?
    let bodyDigest: String?

    var testDescription: String { name }

    init(_ json: JSONValue) throws {
        name = try json.required("name").string.required("name")
        provider = try json.required("provider").string.required("provider")
        kind = try json.required("class").string.flatMap { Class(rawValue: $0) }.required("class")
        now = Instant(seconds: try json.required("now").int64.required("now"))
        isValid = try json.required("expect").string == "valid"
        isValidHardened = json["hardened"]?.string.map { $0 == "valid" } ?? isValid
        secrets = (json["keys"]?.array ?? []).compactMap(\.string).map { Secret($0) }
        bodyBytes = json["body_len"]?.int64
        bodyDigest = json["body_sha256"]?.string
        var headers = Headers()
        for pair in try json.required("headers").array.required("headers") {
            let texts = (pair.array ?? []).compactMap(\.string)
            headers.append(try texts.first.required("header name"), try texts.last.required("header value"))
        }
        request = WebhookRequest(
            method: json["method"]?.string ?? "POST",
            url: json["url"]?.string ?? "",
            headers: headers,
            body: try Self.body(json)
        )
    }

    private static func body(_ json: JSONValue) throws -> [UInt8] {
        if let text = json["body"]?.string { return try Base64.decode(text).required("body") }
        return try json.required("body_parts").array.required("body_parts").flatMap { part in
            let bytes = try Base64.decode(try (part.array?.first?.string).required("part")).required("part")
            let count = try (part.array?.last?.int64).required("repeat")
            return (0..<count).flatMap { _ in bytes }
        }
    }
}

/// One case of `zoom_url_validation`.
struct ZoomValidationVector: Sendable {
    let secret: Secret
    let body: [UInt8]
    let status: Int64
    let response: JSONValue

    init(_ json: JSONValue) throws {
        secret = Secret(try json.required("secret").string.required("secret"))
        let text = try json.required("request_body").string.required("request_body")
        body = try Base64.decode(text).required("request_body")
        status = try json.required("status").int64.required("status")
        response = try json.required("response")
    }
}

/// The vector files: of the folder that `USHER_VECTORS` names, or the committed copies.
enum VectorFile {
    struct Missing: Error {
        let what: String
    }

    /// Every case of `webhooks.json`.
    static func webhooks() throws -> [WebhookVector] {
        guard let file = try read("webhooks.json") else { throw Missing(what: "webhooks.json") }
        return try file.required("cases").array.required("cases").map { try WebhookVector($0) }
    }

    /// Every case of `zoom_url_validation`.
    static func zoomValidations() throws -> [ZoomValidationVector] {
        guard let file = try read("webhooks.json") else { throw Missing(what: "webhooks.json") }
        return try file.required("zoom_url_validation").array.required("zoom_url_validation").map {
            try ZoomValidationVector($0)
        }
    }

    /// The names and verifiers of `signing.json`; none when the folder has no such file.
    static func signing() throws -> [(name: String, verifier: String)] {
        guard let file = try read("signing.json") else { return [] }
        return (file["cases"]?.array ?? []).map { ($0["name"]?.string ?? "?", $0["verifier"]?.string ?? "?") }
    }

    /// Every case of `signing.json`; none when the folder has no such file.
    static func signingCases() throws -> [JSONValue] {
        try read("signing.json")?["cases"]?.array ?? []
    }

    private static func read(_ name: String) throws -> JSONValue? {
        let folder: URL
        if let path = ProcessInfo.processInfo.environment["USHER_VECTORS"], !path.isEmpty {
            folder = URL(fileURLWithPath: path, isDirectory: true)
        } else {
            folder = try Bundle.module.resourceURL.required("resources").appendingPathComponent("Vectors")
        }
        let file = folder.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let limits = JSONLimits(nodesMax: 5_000_000, stringBytesMax: 64 << 20)
        return try JSONParser.parse(Array(try Data(contentsOf: file)), limits: limits)
    }
}

extension Optional {
    /// The value, or an error that names what is missing from a vector file.
    func required(_ what: String) throws -> Wrapped {
        guard let self else { throw VectorFile.Missing(what: what) }
        return self
    }
}

extension JSONValue {
    fileprivate func required(_ key: String) throws -> JSONValue {
        try self[key].required(key)
    }
}
