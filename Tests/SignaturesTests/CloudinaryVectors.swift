import Domain
import Signatures
import Testing

/// One of Cloudinary's cases of `signing.json`.
struct CloudinaryVector: Sendable, CustomTestStringConvertible {
    let json: JSONValue

    var testDescription: String { json["name"]?.string ?? "?" }

    static func all(_ verifier: String) throws -> [CloudinaryVector] {
        try VectorFile.signingCases().filter { $0["verifier"]?.string == verifier }.map {
            CloudinaryVector(json: $0)
        }
    }

    func text(_ key: String) throws -> String {
        try (json[key]?.string).required(key)
    }

    func digest() throws -> CloudinaryDigest {
        try CloudinaryDigest(rawValue: try text("algorithm")).required("algorithm")
    }

    func parameters() throws -> [(String, CloudinaryUploadSignature.Value)] {
        try (json["params"]?.object).required("params").map { member in
            (member.name, try value(member.value))
        }
    }

    private func value(_ json: JSONValue) throws -> CloudinaryUploadSignature.Value {
        if let text = json.string { return .text(text) }
        if let number = json.int64 { return .number(number) }
        if let isSet = json.bool { return .flag(isSet) }
        return .list(try json.array.required("list").compactMap(\.string))
    }
}

/// Runs the verdicts of Cloudinary's library through our signatures.
@Suite struct CloudinaryVectors {
    @Test(arguments: try CloudinaryVector.all("cloudinary.upload_signature"))
    func `signs a call as the official library does`(vector: CloudinaryVector) throws {
        let version = try (vector.json["signature_version"]?.int64)
            .flatMap { CloudinaryUploadSignature.Version(rawValue: $0) }.required("signature_version")
        let parameters = try vector.parameters()
        let expected = try vector.json["expect"].required("expect")
        let text = CloudinaryUploadSignature.stringToSign(parameters, version: version)
        #expect(Array(text.utf8) == Array(try (expected["string_to_sign"]?.string).required("text").utf8))
        let signature = CloudinaryUploadSignature.sign(
            parameters.reversed(),
            secret: Secret(try vector.text("api_secret")),
            digest: try vector.digest(),
            version: version
        )
        #expect(signature == expected["signature"]?.string)
    }

    @Test(arguments: try CloudinaryVector.all("cloudinary.notification"))
    func `believes a notification exactly when the official library does`(vector: CloudinaryVector) throws {
        var headers = Headers([("X-Cld-Timestamp", try vector.text("timestamp"))])
        if let signature = vector.json["signature"]?.string { headers.append("X-Cld-Signature", signature) }
        let request = WebhookRequest(url: "", headers: headers, body: Array(try vector.text("body").utf8))
        let past = try (vector.json["valid_for"]?.int64).required("valid_for")
        let tolerance = TimestampTolerance(past: .seconds(past), future: .seconds(300))
        let index = try? CloudinarySignature.verify(
            request,
            secrets: [Secret(try vector.text("api_secret"))],
            digest: try vector.digest(),
            now: Instant(seconds: try (vector.json["now"]?.int64).required("now")),
            tolerance: tolerance
        )
        #expect((index != nil) == (try vector.text("expect") == "accept"))
    }
}
