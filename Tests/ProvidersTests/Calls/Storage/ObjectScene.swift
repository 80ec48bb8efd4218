import Domain
import Providers

/// Accounts, calls and answers of the storage dialects.
enum ObjectScene {
    static let now = Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)
    static let tag = "call_01j9x0000000000000000000aa"
    static let key = "0123456789abcdefghijklmnopqrstuv"

    static func s3(
        baseURL: String = S3Calls().facts.baseURL,
        bucket: String = "wedding-photos"
    ) -> IntegrationAccount {
        IntegrationAccount(
            provider: .awsS3,
            baseURL: baseURL,
            credential: [
                "access_key_id": Secret("AKIAIOSFODNN7EXAMPLE"),
                "secret_key": Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                "region": Secret("eu-central-1"),
                "bucket": Secret(bucket),
            ]
        )
    }

    static let cloudinary = IntegrationAccount(
        provider: .cloudinary,
        baseURL: "https://api.cloudinary.com",
        credential: [
            "cloud": Secret("garcia"), "key": Secret("874837483274837"),
            "secret": Secret("cloudinary-secret-0"),
        ]
    )

    /// Content of which nothing but its lengths and checksums matters: the MD5 of part n is 16 times n.
    static func content(bytes: Int64) -> StoredContent {
        let count = max((bytes + StoredContent.partBytes - 1) / StoredContent.partBytes, 1)
        let parts = (0..<count).map { index in
            StoredContent.Part(
                sha256: [UInt8](repeating: UInt8(index + 1), count: 32),
                md5: [UInt8](repeating: UInt8(index + 1), count: 16)
            )
        }
        return StoredContent(
            id: ContentID(milliseconds: 1, 1, 1),
            bytes: bytes,
            contentType: "image/jpeg",
            sha256: [UInt8](repeating: 0xAB, count: 32),
            md5: [UInt8](repeating: 0xCD, count: 16),
            parts: parts
        )
    }

    static func call(
        _ operation: Providers.Operation,
        key: String = "garcia/0001.jpg",
        _ more: [(String, JSONValue)] = [],
        bytes: Int64 = 5
    ) throws -> CallRequest {
        let isUpload = operation == .storageUpload
        let content = isUpload ? content(bytes: bytes) : nil
        var members = [JSONMember("key", .string(key))] + more.map { JSONMember($0.0, $0.1) }
        if let content { members.append(JSONMember("content", .string("\(content.id)"))) }
        return CallRequest(
            operation: operation,
            input: try CallInput(operation, .object(members)),
            key: Self.key,
            tag: tag,
            startedAt: now,
            content: content
        )
    }

    static func answer(
        _ status: Int,
        _ headers: [(String, String)] = [],
        _ body: String = ""
    ) -> ProviderAnswer {
        ProviderAnswer(status: status, headers: Headers(headers), body: Array(body.utf8), at: now)
    }

    static func error(_ code: String, _ more: String = "") -> String {
        "<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code><Message>Said so.</Message>\(more)</Error>"
    }
}

extension CallVerdict {
    /// `notApplied limited SlowDown`.
    var short: String {
        switch self {
        case .succeeded(let outcome): "succeeded \(outcome.reply["exists"]?.bool ?? false)"
        case .goOn(let progress): "goOn \(String(decoding: progress.serialized(), as: UTF8.self))"
        case .wait(_, let pause): "wait \(pause.inSeconds)"
        case .refused(let failure): "refused \(failure.kind) \(failure.code)"
        case .notApplied(let failure): "notApplied \(failure.kind) \(failure.code)"
        case .inDoubt(let failure): "inDoubt \(failure.kind) \(failure.code)"
        }
    }
}
