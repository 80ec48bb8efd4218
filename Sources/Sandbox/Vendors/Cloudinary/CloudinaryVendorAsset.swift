import Domain
import Providers

/// An asset at Cloudinary.
struct CloudinaryVendorAsset: Sendable {
    let id: String
    let publicID: String
    let type: String
    let version: Int64
    let bytes: [UInt8]
    let etag: String
    let context: [(name: String, value: String)]
    let made: Instant

    /// The ending of what is delivered; raw assets have it in their `public_id`.
    var format: String {
        guard type != "raw" else { return "" }
        let name = publicID.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return type == "image" ? "jpg" : "mp4" }
        return lowercasedASCII(String(name[name.index(after: dot)...]))
    }

    /// What it is delivered as.
    var contentType: String {
        switch type {
        case "raw": "application/octet-stream"
        default: "\(type)/\(format == "jpg" ? "jpeg" : format)"
        }
    }

    /// Where it is delivered, below the host.
    func path(_ cloud: String) -> String {
        "\(cloud)/\(type)/upload/v\(version)/\(publicID)" + (format.isEmpty ? "" : ".\(format)")
    }

    /// The asset as the API shows it, delivered by the host that was asked.
    func json(_ cloud: String, _ request: VendorRequest, isExisting: Bool = false) -> JSONValue {
        let host = request.headers.first("host") ?? "localhost"
        let scheme = host.hasPrefix("127.0.0.1") || host.hasPrefix("localhost") ? "http" : "https"
        let url =
            "\(scheme)://\(host)/"
            + path(cloud).split(separator: "/").map(String.init)
            .map(Self.encoded).joined(separator: "/")
        var members: [JSONMember] = [
            JSONMember("asset_id", .string(id)), JSONMember("public_id", .string(publicID)),
            JSONMember("version", .integer(version)), JSONMember("resource_type", .string(type)),
            JSONMember("created_at", .string("\(Instant(seconds: made.seconds))")),
            JSONMember("bytes", .integer(bytes.count)), JSONMember("type", "upload"),
            JSONMember("etag", .string(etag)), JSONMember("url", .string(url)),
            JSONMember("secure_url", .string(url)),
        ]
        if !format.isEmpty { members.append(JSONMember("format", .string(format))) }
        if !context.isEmpty {
            let custom = context.map { JSONMember($0.name, .string($0.value)) }
            members.append(JSONMember("context", ["custom": .object(custom)]))
        }
        if isExisting { members.append(JSONMember("existing", true)) }
        return .object(members)
    }

    private static func encoded(_ segment: String) -> String {
        WireText.percentEncoded(segment)
    }
}
