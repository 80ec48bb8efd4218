import Access
import Domain
import Providers
import Registry

/// Connects a vendor's own account: the way to the consent page, and the way back.
struct ConnectRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [begin, finish] }

    private var begin: Route {
        Route(
            .post,
            "/api/vendors/{name}/connect/{provider}",
            id: "connectVendor",
            tag: "vendors",
            summary: "Gives the URL where a person lets Usher into the vendor's account at a provider.",
            body: .object([
                .optional(
                    "integration",
                    .name,
                    "The platform's integration whose client asks; the first enabled one unless given."
                )
            ]),
            replies: [.json(200, .named("Consent"), "Where to send the browser, within ten minutes.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                guard let vendor = ResourceName(call.path["name"]),
                    let provider = APIProvider(name: call.path["provider"])
                else { throw Problem.notFound }
                try scope.requireReach(.vendor(vendor))
                guard context.weddings.snapshot.vendors[vendor] != nil else { throw Problem.notFound }
                let template = try call.body?["integration"]?.string.map {
                    try DefinitionReader.name($0, "integration")
                }
                let url = try await context.consents.begin(
                    vendor: vendor,
                    provider: provider,
                    template: template
                )
                return .json(["url": .string(url)])
            }
        )
    }

    // Open, since the browser has no key: the state is the proof, and works once.
    private var finish: Route {
        Route(
            .get,
            "/api/connect/callback",
            id: "finishConnect",
            tag: "vendors",
            summary: "Where a provider sends the browser back to; answers with a page for a person.",
            parameters: [
                .init("state", .string(length: 1...100), "What the URL of the consent page carried."),
                .init(
                    "code",
                    .string(length: 1...AuthorizationAnswer.codeBytesMax),
                    "What is exchanged for tokens."
                ),
                .init("error", .string(length: 1...100), "Why there is no code."),
            ],
            takesOtherParameters: true,
            replies: [
                .other(200, ConnectPage.contentType, "The account is connected, or the person said no."),
                .other(410, ConnectPage.contentType, "The request is over, or was used before."),
                .other(502, ConnectPage.contentType, "The provider gave no lasting access."),
            ],
            action: .open { call in
                // A look ahead at the link must not use it up.
                guard call.request.method != .head else { return ConnectPage.looked }
                guard let answer = Self.answer(call) else { return ConnectPage.page(.unknown) }
                return ConnectPage.page(try await context.consents.finish(answer))
            }
        )
    }

    private static func answer(_ call: RouteCall) -> AuthorizationAnswer? {
        guard let state = call.text("state") else { return nil }
        switch (call.text("code"), call.text("error")) {
        case (let code?, nil): return .code(code, state: state)
        case (nil, let error?): return .denied(error, state: state)
        default: return nil
        }
    }
}

/// The page a person sees when the browser comes back: whole in itself, without a script.
enum ConnectPage {
    static let contentType = "text/html; charset=utf-8"

    /// The answer to `HEAD`.
    static let looked = html(200, "Connect", "Open this link in a browser.")

    static func page(_ outcome: ConsentOutcome) -> APIResponse {
        switch outcome {
        case .connected(_, let vendor, let title):
            html(200, "Connected", "\(title) is connected for \(vendor). You can close this page.")
        case .denied(let code):
            html(
                200,
                "Not connected",
                "Access was not given (\(word(code))). Nothing was changed; you can start again."
            )
        case .unknown:
            html(
                410,
                "This link is over",
                "It was used before, or more than ten minutes have passed. Nothing was changed: start again."
            )
        case .failed(let code):
            html(
                502,
                "Not connected",
                "The account could not be connected (\(word(code))). Nothing was changed; you can start again."
            )
        }
    }

    /// A provider's word, if it is one.
    private static func word(_ code: String) -> String {
        let isWord = code.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2F
        }
        return isWord ? code : "no reason was given"
    }

    private static func html(_ status: Int, _ title: String, _ text: String) -> APIResponse {
        let body = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}</style>
            <h1>\(escaped(title))</h1>
            <p>\(escaped(text))</p>
            </html>

            """
        var response = APIResponse(status: status, contentType: contentType, body: Array(body.utf8))
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        response.headers.append(lowercaseName: "content-security-policy", value: policy)
        // The page's own URL holds the code and the state.
        response.headers.append(lowercaseName: "referrer-policy", value: "no-referrer")
        return response
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}
