import Crypto
import Domain
import Providers

/// Judges the bytes of an object while they pass: their number, and the best checksum that is known of them.
struct ObjectCheck {
    private enum Digest {
        case none
        case sha256(SHA256, wanted: [UInt8])
        case md5(Insecure.MD5, wanted: [UInt8])
        case parts(ContentDigests, wanted: String)
    }

    private let length: Int64?
    private var bytes: Int64 = 0
    private var digest = Digest.none

    /// - Parameters:
    ///   - length: how many bytes are to come; nil when nobody said.
    ///   - facts: what is known of the whole; nil judges a part by its length alone.
    init(length: Int64?, _ facts: ObjectFacts?) {
        self.length = length
        for checksum in facts?.checksums ?? [] {
            switch (checksum, digest) {
            case (.sha256(let wanted), _): digest = .sha256(SHA256(), wanted: wanted)
            case (.md5(let wanted), .none): digest = .md5(Insecure.MD5(), wanted: wanted)
            case (.parts(let wanted), .none): digest = .parts(ContentDigests(), wanted: wanted)
            default: break
            }
        }
    }

    /// What is checked beside the length; nil when nothing is.
    var name: String? {
        switch digest {
        case .none: nil
        case .sha256: "sha256"
        case .md5, .parts: "md5"
        }
    }

    /// Takes in what comes next.
    mutating func update(_ piece: [UInt8]) {
        bytes += Int64(piece.count)
        switch digest {
        case .none: break
        case .sha256(var hash, let wanted):
            digest = .none
            hash.update(data: piece)
            digest = .sha256(hash, wanted: wanted)
        case .md5(var hash, let wanted):
            digest = .none
            hash.update(data: piece)
            digest = .md5(hash, wanted: wanted)
        case .parts(var digests, let wanted):
            digest = .none
            digests.update(piece)
            digest = .parts(digests, wanted: wanted)
        }
    }

    /// Whether everything that came is what was stored; only after the last byte.
    func isRight(_ id: ContentID) -> Bool {
        guard length ?? bytes == bytes else { return false }
        switch digest {
        case .none: return true
        case .sha256(let hash, let wanted): return Array(hash.finalize()) == wanted
        case .md5(let hash, let wanted): return Array(hash.finalize()) == wanted
        case .parts(var digests, let wanted):
            let content = digests.finish(id, contentType: "")
            let facts = ObjectFacts(bytes: nil, checksums: [.parts(wanted)])
            return facts.holds(content)
        }
    }
}
