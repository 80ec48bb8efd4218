package import Domain
import Resilience

/// What a provider says of an object.
package struct ObjectFacts: Hashable, Sendable {
    /// What its bytes can be judged by.
    package enum Checksum: Hashable, Sendable {
        /// Of all bytes, as whoever stored them wrote beside them.
        case sha256([UInt8])
        /// Of all bytes, as the provider found it.
        case md5([UInt8])
        /// The MD5 of the MD5s of parts of `StoredContent.partBytes` and their number, as S3 writes it: `…-2`.
        case parts(String)
    }

    /// The length of the whole; nil when the provider does not say.
    package var bytes: Int64?
    /// The provider's version tag, without quotation marks.
    package var tag: String?
    /// Everything its bytes can be judged by; empty where the provider tells nothing.
    package var checksums: [Checksum]
    /// When it was stored; nil when the provider does not say.
    package var modified: Instant?
    /// The tag of the call that stored it; nil when no call of Usher's did.
    package var call: String?

    /// Collects the parts.
    package init(
        bytes: Int64?,
        tag: String? = nil,
        checksums: [Checksum] = [],
        modified: Instant? = nil,
        call: String? = nil
    ) {
        self.bytes = bytes
        self.tag = tag
        self.checksums = checksums
        self.modified = modified
        self.call = call
    }

    /// Whether it is this content, as far as its length and every checksum tell; at least one must.
    package func holds(_ content: StoredContent) -> Bool {
        guard bytes ?? content.bytes == content.bytes, !checksums.isEmpty else { return false }
        return checksums.allSatisfy { checksum in
            switch checksum {
            case .sha256(let bytes): bytes == content.sha256
            case .md5(let bytes): bytes == content.md5
            case .parts(let tag): StoredObject.isSame(tag, S3Object.tag(of: content))
            }
        }
    }
}

extension S3Object {
    /// What the fields of an answer say of the object; nil without an ETag.
    static func facts(_ answer: ProviderAnswer) -> ObjectFacts? {
        guard let object = S3Object(answer) else { return nil }
        var checksums: [ObjectFacts.Checksum] = []
        if let own = answer.headers.first(S3Calls.digestHeader).flatMap({ Hex.decode($0) }), own.count == 32 {
            checksums.append(.sha256(own))
        }
        if object.hasPlainTag {
            if let md5 = Hex.decode(object.tag), md5.count == 16 {
                checksums.append(.md5(md5))
            } else if object.call != nil {
                // Nobody else's parts need have the length of Usher's.
                checksums.append(.parts(object.tag))
            }
        }
        // `bytes 0-99/1234`: of a range the length of the whole stands behind the slash.
        let range = answer.headers.first("content-range")?.split(separator: "/").last.flatMap { Int64($0) }
        return ObjectFacts(
            bytes: range ?? object.bytes,
            tag: object.tag,
            checksums: checksums,
            modified: answer.headers.first("last-modified")
                .flatMap { HTTPDate.parse(Array($0.utf8), now: answer.at) },
            call: object.call
        )
    }
}

extension CloudinaryAsset {
    /// What the Admin API says of the asset.
    var facts: ObjectFacts {
        let md5 = etag.flatMap { Hex.decode(lowercasedASCII($0)) }.flatMap { $0.count == 16 ? $0 : nil }
        return ObjectFacts(
            bytes: bytes,
            tag: etag,
            checksums: md5.map { [.md5($0)] } ?? [],
            modified: created,
            call: call
        )
    }
}

extension StorageInput {
    /// The field `range`, where a part is wanted; a range without an end reaches to the last byte.
    var rangeField: [(String, String)] {
        guard let range else { return [] }
        let last = range.upperBound == .max ? "" : "\(range.upperBound - 1)"
        return [("range", "bytes=\(range.lowerBound)-\(last)")]
    }
}
