import Domain
import Providers
import Signatures
import Testing

@Suite struct CloudinaryFormTests {
    private let account = IntegrationAccount(
        provider: .cloudinary,
        baseURL: "https://api.cloudinary.com",
        credential: ["key": Secret("874837483274837"), "secret": Secret("abcd"), "cloud": Secret("c1")]
    )
    private let now = Instant(seconds: 1_800_000_000)

    private func begin(_ type: String) -> CloudinaryForm? {
        let request = ProxiedRequest(
            method: "POST",
            path: "/v1_1/c1/image/upload",
            query: "",
            headers: Headers([("content-type", type)]).fields
        )
        #expect(CloudinaryForm.isOne(request))
        return CloudinaryForm(request, account, now: now)
    }

    private func field(_ name: String, _ value: String) -> String {
        "--xyz\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    private let file =
        "--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\u{1}\r\n--xyz"

    /// The fields of what goes on, in order, and everything behind them.
    private func sent(_ outcome: CloudinaryForm.Outcome) throws -> (fields: [String: String], rest: String) {
        guard case .signed(let head, let rest) = outcome else { throw Unsigned() }
        var fields: [String: String] = [:]
        for part in String(decoding: head, as: UTF8.self).components(of: "--xyz\r\n") {
            let halves = part.components(of: "\r\n\r\n")
            let name = halves[0].components(of: "name=\"")[1].dropLast()
            fields[String(name)] = String(halves[1].dropLast())
        }
        return (fields, String(decoding: rest, as: UTF8.self))
    }

    private struct Unsigned: Error {}

    @Test func `wherever the body is cut, its fields are signed anew and its file passes`() throws {
        let text =
            field("timestamp", "1") + field("public_id", "garcia/é&1") + field("tags[]", "a")
            + field("tags[]", "b") + field("signature", "wrong") + field("api_key", "other") + file
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var form = try #require(begin("multipart/form-data; boundary=xyz"))
            var outcome = form.take(Array(bytes[..<cut]))
            let isEarly = outcome != .more
            let behind = Array(bytes[cut...])
            if !isEarly { outcome = form.take(behind) }
            let (fields, rest) = try sent(outcome)
            #expect(rest + (isEarly ? String(decoding: behind, as: UTF8.self) : "") == file)
            #expect(fields["api_key"] == "874837483274837" && fields["timestamp"] == "1800000000")
            let signature = CloudinaryUploadSignature.sign(
                [
                    ("public_id", .text("garcia/é&1")), ("tags", .list(["a", "b"])),
                    ("timestamp", .number(1_800_000_000)),
                ],
                secret: Secret("abcd")
            )
            #expect(fields["signature"] == signature)
        }
    }

    @Test func `a form without a file is signed at its end`() throws {
        var form = try #require(begin("multipart/form-data; boundary=\"xyz\""))
        let (fields, rest) = try sent(form.take(Array((field("public_id", "a") + "--xyz--\r\n").utf8)))
        #expect(fields["public_id"] == "a" && fields["signature"]?.count == 40)
        #expect(rest == "--xyz--\r\n")
        var encoded = try #require(begin("application/x-www-form-urlencoded"))
        #expect(encoded.take(Array("public_id=a+b%2F1&api_key=x".utf8)) == .more)
        #expect(encoded.take(Array("&timestamp=1&signature=2".utf8)) == .more)
        guard case .signed(let head, let none) = encoded.end() else { throw Unsigned() }
        let signature = CloudinaryUploadSignature.sign(
            [("public_id", .text("a b/1")), ("timestamp", .number(1_800_000_000))],
            secret: Secret("abcd")
        )
        #expect(
            String(decoding: head, as: UTF8.self)
                == "public_id=a%20b%2F1&timestamp=1800000000&api_key=874837483274837&signature=\(signature)"
        )
        #expect(none.isEmpty)
    }

    @Test(arguments: [
        "--other\r\n", "--xyz\r\nContent-Type: a\r\n\r\nb\r\n--xyz", "--xyzzz", "\u{0}",
        "--xyz\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nb\r\n--xyz",
    ])
    func `what is no form is refused`(text: String) throws {
        var form = try #require(begin("multipart/form-data; boundary=xyz"))
        #expect(form.take(Array(text.utf8)) == .refused)
    }

    @Test func `a head without an end is refused at its limit, and other media types at once`() throws {
        var form = try #require(begin("multipart/form-data; boundary=xyz"))
        #expect(form.take(Array("--xyz\r\n".utf8)) == .more)
        #expect(form.take([UInt8](repeating: 0x41, count: CloudinaryForm.headBytesMax)) == .refused)
        for type in ["application/json", "multipart/form-data", "multipart/form-data; boundary="] {
            #expect(begin(type) == nil, "\(type)")
        }
    }
}

extension String {
    /// The parts between `mark`, without empty ones at the start.
    fileprivate func components(of mark: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            if !rest[..<range.lowerBound].isEmpty { parts.append(String(rest[..<range.lowerBound])) }
            rest = rest[range.upperBound...]
        }
        return rest.isEmpty ? parts : parts + [String(rest)]
    }
}
