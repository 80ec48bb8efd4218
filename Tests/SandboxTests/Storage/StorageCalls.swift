import Crypto
import Domain
import Providers
import Sandbox

/// Calls as the engine makes them, for conversations with stores.
enum StorageCalls {
    static let start = Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)

    static let s3 = account(.awsS3, "http://127.0.0.1:9000")
    static let cloudinary = account(.cloudinary, "http://127.0.0.1:9001")

    private static func account(_ provider: APIProvider, _ baseURL: String) -> IntegrationAccount {
        let fields = VendorCatalogue.credential(provider).map { ($0.field, Secret($0.value)) }
        return IntegrationAccount(
            provider: provider,
            baseURL: baseURL,
            credential: Dictionary(uniqueKeysWithValues: fields)
        )
    }

    /// What is kept of `bytes`.
    static func content(_ bytes: [UInt8]) -> StoredContent {
        let size = Int(StoredContent.partBytes)
        let parts = stride(from: 0, to: max(bytes.count, 1), by: size).map { start in
            let part = bytes[start..<min(start + size, bytes.count)]
            return StoredContent.Part(
                sha256: Array(SHA256.hash(data: part)),
                md5: Array(Insecure.MD5.hash(data: part))
            )
        }
        return StoredContent(
            id: ContentID(milliseconds: 1, 1, 1),
            bytes: Int64(bytes.count),
            contentType: "image/jpeg",
            sha256: Array(SHA256.hash(data: bytes)),
            md5: Array(Insecure.MD5.hash(data: bytes)),
            parts: parts
        )
    }

    static func call(
        _ operation: Operation,
        key: String = "garcia/0001 ñ.jpg",
        _ more: [(String, JSONValue)] = [],
        content bytes: [UInt8]? = nil,
        number: Int = 1
    ) throws -> CallRequest {
        let content = bytes.map(content)
        var members = [JSONMember("key", .string(key))] + more.map { JSONMember($0.0, $0.1) }
        if let content { members.append(JSONMember("content", .string("\(content.id)"))) }
        return CallRequest(
            operation: operation,
            input: try CallInput(operation, .object(members)),
            key: "0123456789abcdefghijklmnopqr\(1_000 + number)",
            tag: "call_\(number)",
            startedAt: start,
            content: content
        )
    }

    /// Bytes of which no two parts are alike, without line breaks.
    static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x2E, count: count)
        for position in stride(from: 0, to: count, by: 4_096) {
            bytes[position] = UInt8(truncatingIfNeeded: position >> 12) | 0x80
        }
        return bytes
    }
}

extension CallConversation {
    /// Uploads and gives the verdict.
    mutating func upload(
        _ bytes: [UInt8],
        _ more: [(String, JSONValue)] = [],
        number: Int = 1
    ) throws -> CallVerdict {
        content = bytes
        return try run(try StorageCalls.call(.storageUpload, more, content: bytes, number: number))
    }
}
