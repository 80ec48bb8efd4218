package import Domain

/// Why content could not be kept, or not be read.
package enum ContentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is longer than this many bytes.
    case tooLarge(Int64)
    /// All content that is kept has this many bytes already.
    case full(Int64)
    /// The disk has no room.
    case diskFull
    /// The media type is missing or no media type.
    case badType
    /// A frame is missing, was changed or is out of its place.
    case damaged(ContentID)
    /// The system refused this step with this error number.
    case system(String, Int32)

    /// A stable word, fit for metric labels and problem documents.
    package var code: String {
        switch self {
        case .tooLarge: "content_too_large"
        case .full: "content_full"
        case .diskFull: "disk_full"
        case .badType: "content_type_invalid"
        case .damaged: "content_damaged"
        case .system: "content_io"
        }
    }

    package var description: String {
        switch self {
        case .tooLarge(let limit): "content has at most \(limit) bytes"
        case .full(let limit): "content of \(limit) bytes in all is kept already; uploads make room"
        case .diskFull: "the disk is full; nothing of the content was kept"
        case .badType: "the content needs one Content-Type of at most 255 characters"
        case .damaged(let id): "the bytes of \(id) are not what was stored"
        case .system(let step, let number): "\(step) failed with error \(number)"
        }
    }

    /// What the system's refusal means.
    static func of(_ step: String, _ number: Int32) -> ContentError {
        SpoolFile.isFull(number) ? .diskFull : .system(step, number)
    }
}
