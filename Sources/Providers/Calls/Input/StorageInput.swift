package import Domain

/// The input of the storage operations: `{"key": "garcia/0001.jpg", "content": "cnt_…", "expires_in": 3600}`.
package struct StorageInput: Hashable, Sendable {
    /// The longest key, in bytes: S3's.
    package static let keyBytesMax = 1_024
    /// How long a presigned URL may live, in seconds.
    package static let expiresRange: ClosedRange<Int64> = 1...604_800

    /// What a presigned URL is for.
    package enum Purpose: String, Hashable, Sendable {
        case download
        case upload
    }

    /// The object's key: the same at every provider.
    package let key: String
    /// The content to store (`storage.upload`), put there before by `POST /api/content`.
    package let content: ContentID?
    /// Whether an object of this key may be replaced (`storage.upload`).
    package let overwrites: Bool
    /// The tag of the only object that may be replaced (`storage.upload`, Usher's own); nil leaves it to `overwrites`.
    package let replaces: String?
    /// How long a presigned URL lives (`storage.presign`).
    package let expiresIn: Duration
    /// What a presigned URL is for (`storage.presign`).
    package let purpose: Purpose
    /// The range of bytes that is wanted (`storage.download`); nil is all.
    package let range: Range<Int64>?

    /// Reads the input.
    package init(_ reader: CallInputReader, _ operation: Operation) throws(CallInputError) {
        let extra: [String] =
            switch operation {
            case .storageUpload: ["content", "overwrite"]
            case .storagePresign: ["expires_in", "purpose"]
            case .storageDownload: ["range"]
            default: []
            }
        try reader.finish(known: ["key"] + extra)
        key = try reader.required(
            "key",
            "a key of 1 to 1024 bytes without control characters, not starting with `/`"
        ) {
            $0.string.flatMap { Self.isKey($0) ? $0 : nil }
        }
        content = try reader.optional("content", "an id like cnt_…, which `POST /api/content` answers with") {
            $0.string.flatMap { ContentID($0) }
        }
        if operation == .storageUpload, content == nil {
            throw CallInputError(
                .missingField,
                at: reader.pointer("content"),
                "is missing: put the bytes to `POST /api/content` first and write the id it answers with"
            )
        }
        overwrites = try reader.optional("overwrite", "true or false", \.bool) ?? true
        replaces = nil
        expiresIn =
            try reader.optional("expires_in", "a number of seconds from 1 to 604800") { json in
                json.int64.flatMap { Self.expiresRange.contains($0) ? .seconds($0) : nil }
            } ?? .seconds(3_600)
        purpose =
            try reader.optional("purpose", "`download` or `upload`") {
                $0.string.flatMap { Purpose(rawValue: $0) }
            } ?? .download
        range = try reader.optional("range", "like {\"from\": 0, \"to\": 1048576}, `to` exclusive") { json in
            guard let from = json["from"]?.int64, let to = json["to"]?.int64, from >= 0, from < to else {
                return nil
            }
            return from..<to
        }
    }

    /// An object to look at, remove or fetch.
    ///
    /// - Parameter range: what of it is wanted; up to `Int64.max` is all that follows.
    package init(key: String, range: Range<Int64>? = nil) {
        self.key = key
        content = nil
        overwrites = true
        replaces = nil
        expiresIn = .seconds(3_600)
        purpose = .download
        self.range = range
    }

    /// An object to store where nothing is, or in the place of one with the tag `replaces`.
    package init(key: String, content: ContentID, replaces: String?) {
        self.key = key
        self.content = content
        overwrites = replaces != nil
        self.replaces = replaces
        expiresIn = .seconds(3_600)
        purpose = .download
        range = nil
    }

    /// Whether a text can be a key.
    package static func isValid(key: String) -> Bool { isKey(key) }

    private static func isKey(_ text: String) -> Bool {
        (1...keyBytesMax).contains(text.utf8.count) && !text.hasPrefix("/")
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
