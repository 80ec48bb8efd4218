import Crypto
import Domain

/// What both storage dialects need to know of an upload's content and of keys.
enum StoredObject {
    /// The key's longest number of segments.
    static let segmentsMax = 100

    /// The input of a storage operation; throws for one that `title` does not have.
    static func input(_ call: CallRequest, _ facts: ProviderFacts) throws(CallInputError) -> StorageInput {
        guard facts.operations.contains(call.operation), case .object(let input) = call.input else {
            throw .unsupported(call.operation, by: facts.title)
        }
        // A proxy on the way may tidy such a path, and then it names another object, or another bucket.
        let segments = input.key.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count <= segmentsMax, !segments.contains(where: { $0 == "." || $0 == ".." }) else {
            throw CallInputError(
                .invalidField,
                at: "/key",
                "must have at most \(segmentsMax) parts between slashes, none of them `.` or `..`"
            )
        }
        return input
    }

    /// The content of an upload; throws when it is not kept any more.
    static func content(_ call: CallRequest) throws(CallInputError) -> StoredContent {
        guard let content = call.content else {
            throw CallInputError(
                .invalidField,
                at: "/content",
                "names content that is not kept: put it there again"
            )
        }
        return content
    }

    /// The range of bytes of the part `index`, from 0.
    static func range(ofPart index: Int, _ content: StoredContent) -> Range<Int64> {
        let start = Int64(index) * StoredContent.partBytes
        return start..<min(start + StoredContent.partBytes, content.bytes)
    }

    /// MD5, 32 hexadecimal digits.
    static func md5(_ bytes: [UInt8]) -> String {
        Hex.encode(Insecure.MD5.hash(data: bytes))
    }

    /// Whether two texts have the same bytes.
    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    /// What is said of content that arrived as something else.
    static let damaged = ProviderFailure(
        .unavailable,
        code: "checksum_mismatch",
        message: "The provider stored other bytes than were sent; they were removed again"
    )

    /// What is said of a key that is taken when nothing may be replaced.
    static let exists = ProviderFailure(
        .rejected,
        code: "exists",
        message: "There is an object with this key already, and `overwrite` is false"
    )
}

extension StorageInput {
    /// How long a presigned URL lives, in whole seconds.
    var expiresSeconds: Int { Int(expiresIn.microseconds / 1_000_000) }
}
