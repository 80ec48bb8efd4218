import Crypto
import Domain
import Providers

/// The checksums of content while it comes in: of the whole, and of each part.
struct ContentDigests {
    private(set) var bytes: Int64 = 0
    private var sha256 = SHA256()
    private var md5 = Insecure.MD5()
    private var partSHA256 = SHA256()
    private var partMD5 = Insecure.MD5()
    private var partBytes: Int64 = 0
    private var parts: [StoredContent.Part] = []

    /// Takes in what comes next.
    mutating func update(_ piece: [UInt8]) {
        var rest = piece[...]
        sha256.update(data: piece)
        md5.update(data: piece)
        bytes += Int64(piece.count)
        while !rest.isEmpty {
            if partBytes == StoredContent.partBytes { closePart() }
            let taken = rest.prefix(Int(min(StoredContent.partBytes - partBytes, Int64(rest.count))))
            partSHA256.update(data: taken)
            partMD5.update(data: taken)
            partBytes += Int64(taken.count)
            rest = rest.dropFirst(taken.count)
        }
    }

    /// What was taken in, as `id`; the last part is ended.
    mutating func finish(_ id: ContentID, contentType: String) -> StoredContent {
        closePart()
        return StoredContent(
            id: id,
            bytes: bytes,
            contentType: contentType,
            sha256: Array(sha256.finalize()),
            md5: Array(md5.finalize()),
            parts: parts
        )
    }

    private mutating func closePart() {
        parts.append(
            StoredContent.Part(sha256: Array(partSHA256.finalize()), md5: Array(partMD5.finalize()))
        )
        partSHA256 = SHA256()
        partMD5 = Insecure.MD5()
        partBytes = 0
    }
}
