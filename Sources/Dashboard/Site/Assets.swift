import Domain
import HTTPAPI

/// The stylesheet, the script and the icon: in the binary, at addresses that change with their content; and the worker
/// of push messages, whose address browsers remember.
struct Assets: Sendable {
    static let standard = Assets()

    private struct Asset: Sendable {
        let path: String
        let contentType: String
        let bytes: [UInt8]

        init(_ name: String, _ ending: String, _ contentType: String, _ text: String) {
            bytes = Array(text.utf8)
            let sum = String(CRC32.checksum(bytes[...]), radix: 16)
            path = "/assets/\(name)-\(sum).\(ending)"
            self.contentType = contentType
        }
    }

    private let stylesheet = Asset("usher", "css", "text/css; charset=utf-8", Stylesheet.text)
    private let script = Asset(
        "usher",
        "js",
        "text/javascript; charset=utf-8",
        BrowserScript.page + "\n" + Script.text
    )
    private let icon = Asset("icon", "svg", "image/svg+xml", Icon.text)

    var stylesheetPath: String { stylesheet.path }
    var scriptPath: String { script.path }
    var iconPath: String { icon.path }

    /// The asset at a path, to be kept for a year; nil when there is none, or another content now.
    func response(_ path: String) -> APIResponse? {
        if path == BrowserScript.workerPath { return Self.worker }
        guard let asset = [stylesheet, script, icon].first(where: { $0.path == path }) else { return nil }
        var response = APIResponse(status: 200, contentType: asset.contentType, body: asset.bytes)
        response.headers.append(
            lowercaseName: "cache-control",
            value: "public, max-age=31536000, immutable"
        )
        return response
    }

    /// Asked for anew each time: a browser keeps using an old one otherwise.
    private static var worker: APIResponse {
        var response = APIResponse(
            status: 200,
            contentType: "text/javascript; charset=utf-8",
            body: Array(BrowserScript.worker.utf8)
        )
        response.headers.append(lowercaseName: "cache-control", value: "no-cache")
        return response
    }
}
