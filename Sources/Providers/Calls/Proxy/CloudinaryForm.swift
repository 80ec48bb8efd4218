package import Domain
import Signatures

/// A form to Cloudinary's Upload API on its way through the proxy: signed anew with the integration's credential.
///
/// What the SDK signed with goes: `api_key`, `timestamp`, `signature`. The fields before the file are read, at most
/// `headBytesMax` of them, and written again in front of it with a new signature; the file and what follows pass as they
/// are. A field behind the file is not in the signature, so that Cloudinary refuses it: SDKs send the file last.
///
///     reading -more bytes-> reading -file, or the end-> signed(head, rest)
///                              '-too long, no form---> refused
package struct CloudinaryForm: Sendable {
    /// The most bytes before the file: 256 KiB.
    package static let headBytesMax = 262_144
    /// The most fields.
    package static let fieldsMax = 256

    /// How far it came.
    package enum Outcome: Hashable, Sendable {
        /// More bytes are needed.
        case more
        /// What goes on in the place of everything that was taken in: a new head, and what follows it unchanged.
        case signed(head: [UInt8], rest: [UInt8])
        /// It is no such form, or too much stands before the file.
        case refused
    }

    private enum Kind {
        case multipart(boundary: String)
        case encoded
    }

    private let kind: Kind
    private let account: IntegrationAccount
    private let now: Instant
    private var taken: [UInt8] = []

    /// Whether a request's body is such a form: a `POST` to the Upload API.
    package static func isOne(_ request: ProxiedRequest) -> Bool {
        let segments = request.path.utf8.split(separator: UInt8(ascii: "/"))
        return request.method == "POST" && segments.count > 3
            && uploadKinds.contains { $0.utf8.elementsEqual(segments[2]) }
    }

    /// What the Upload API, unlike the Admin API, begins with below the cloud.
    static let uploadKinds = ["image", "video", "raw", "auto"]

    /// Prepares for the body of `request`; nil when its media type is no form's.
    package init?(_ request: ProxiedRequest, _ account: IntegrationAccount, now: Instant) {
        let types = request.headers.filter { $0.name == "content-type" }.map(\.value)
        guard types.count == 1, let type = types.first else { return nil }
        let parts = type.split(separator: ";").map { $0.drop { $0 == " " } }
        switch parts.first.map({ lowercasedASCII(String($0)) }) {
        case "multipart/form-data":
            guard let mark = parts.dropFirst().first(where: { $0.hasPrefix("boundary=") })?.dropFirst(9)
            else {
                return nil
            }
            let boundary = mark.filter { $0 != "\"" }
            guard (1...70).contains(boundary.utf8.count) else { return nil }
            kind = .multipart(boundary: boundary)
        case "application/x-www-form-urlencoded": kind = .encoded
        default: return nil
        }
        self.account = account
        self.now = now
    }

    /// Takes in what comes next.
    package mutating func take(_ piece: [UInt8]) -> Outcome {
        taken += piece
        guard case .multipart(let boundary) = kind else {
            return taken.count > Self.headBytesMax ? .refused : .more
        }
        return read(boundary)
    }

    /// Takes in that nothing more comes.
    package mutating func end() -> Outcome {
        guard case .encoded = kind else { return .refused }
        var fields: [(String, String)] = []
        for part in taken.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let value = part.dropFirst(name.count).dropFirst()
            guard fields.count < Self.fieldsMax, let name = Self.decoded(name),
                let value = Self.decoded(value)
            else { return .refused }
            fields.append((name, value))
        }
        return .signed(head: Array(WireText.form(signed(fields)).utf8), rest: [])
    }

    // MARK: Reading

    private func read(_ boundary: String) -> Outcome {
        let mark = Array("--\(boundary)".utf8)
        let delimiter = [0x0D, 0x0A] + mark
        guard taken.prefix(mark.count).elementsEqual(mark.prefix(taken.count)) else { return .refused }
        var fields: [(String, String)] = []
        var position = 0
        var next = mark.count
        while fields.count <= Self.fieldsMax {
            guard taken.count >= next + 2 else { return undecided }
            // The last delimiter: a form without a file, such as one with a URL.
            if taken[next..<(next + 2)].elementsEqual("--".utf8) { return signed(fields, position, boundary) }
            guard taken[next] == 0x0D, taken[next + 1] == 0x0A else { return .refused }
            guard let head = find([0x0D, 0x0A, 0x0D, 0x0A], from: next) else { return undecided }
            guard let name = Self.name(taken[next..<head]) else { return .refused }
            if name == "file" { return signed(fields, position, boundary) }
            guard let end = find(delimiter, from: head + 4) else { return undecided }
            guard let value = String(validating: taken[(head + 4)..<end], as: UTF8.self) else {
                return .refused
            }
            fields.append((name, value))
            position = end + 2
            next = end + delimiter.count
        }
        return .refused
    }

    private var undecided: Outcome { taken.count > Self.headBytesMax ? .refused : .more }

    private func find(_ mark: [UInt8], from start: Int) -> Int? {
        guard start <= taken.count else { return nil }
        return taken[start...].firstRange(of: mark)?.lowerBound
    }

    /// The name of a part; nil without one, or when it could end a field of the new head.
    private static func name(_ head: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: head, as: UTF8.self) else { return nil }
        for line in text.utf8.split(separator: 0x0A) {
            let line = lowercased(line)
            guard line.text.hasPrefix("content-disposition:") else { continue }
            for part in line.original.split(separator: ";").dropFirst() {
                let part = part.drop { $0 == " " }
                guard part.hasPrefix("name=") else { continue }
                let name = part.dropFirst(5).filter { $0 != "\"" && $0 != "\r" && $0 != "\r\n" }
                return name.isEmpty ? nil : name
            }
        }
        return nil
    }

    private static func lowercased(_ line: Substring.UTF8View.SubSequence) -> (text: String, original: String)
    {
        let original = String(Substring(line))
        return (lowercasedASCII(original), original)
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return WireText.percentDecoded(String(decoding: spaced, as: UTF8.self))
    }

    // MARK: Writing

    private func signed(_ fields: [(String, String)], _ position: Int, _ boundary: String) -> Outcome {
        var head: [UInt8] = []
        for (name, value) in signed(fields) {
            head += Array(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8
            )
        }
        return .signed(head: head, rest: Array(taken[position...]))
    }

    /// The fields with time, key and signature of the integration's.
    private func signed(_ fields: [(String, String)]) -> [(String, String)] {
        let own = ["api_key", "timestamp", "signature"]
        let kept = fields.filter { !own.contains($0.0) } + [("timestamp", "\(now.seconds)")]
        var lists: [(String, [String])] = []
        for (name, value) in kept {
            // `tags[]=a`, `tags[]=b` is signed as `tags=a,b`.
            let plain = name.hasSuffix("[]") ? String(name.dropLast(2)) : name
            if let index = lists.firstIndex(where: { $0.0 == plain }) {
                lists[index].1.append(value)
            } else {
                lists.append((plain, [value]))
            }
        }
        let signature = CloudinaryUploadSignature.sign(
            lists.map { ($0.0, .list($0.1)) },
            secret: account.credential["secret"] ?? Secret("")
        )
        return kept + [("api_key", account.text("key")), ("signature", signature)]
    }
}
