import Domain
import Providers
import Signatures
package import Webhooks

/// `POST /api/integrations/webhooks/{source}`: the one path without an API key; the signature is the key.
///
/// Not a route of the router: it is the hot path, and its name is matched byte for byte.
package struct WebhookEndpoint: Sendable {
    private let receiver: Receiver
    private let proxies: TrustedProxies

    /// Wires the endpoint.
    package init(receiver: Receiver, proxies: TrustedProxies = .none) {
        self.receiver = receiver
        self.proxies = proxies
    }

    /// The name after the prefix; nil when the path is not one of webhooks.
    package static func source(in path: String) -> String? {
        path.utf8.starts(with: Receiver.path.utf8) ? String(path.dropFirst(Receiver.path.utf8.count)) : nil
    }

    /// How large a body may be; an unknown source gets a small one, to be answered 404.
    package func policy(source name: String) -> RequestPolicy {
        RequestPolicy(
            bodyBytesMax: receiver.bodyBytesMax(source: name) ?? Self.unknownSourceBytesMax,
            placement: .eventLoop
        )
    }

    /// The most bytes read for a source that is not there.
    package static let unknownSourceBytesMax = 65_536

    /// Takes a webhook in and answers in the provider's dialect.
    package func receive(_ request: APIRequest, source name: String) async -> APIResponse {
        guard ResourceName(name) != nil else { return Problem.notFound.response(for: request.id) }
        let reception = await receiver.receive(
            source: name,
            method: request.method.rawValue,
            query: request.query.text,
            client: { proxies.client(peer: request.clientAddress, headers: request.headers) },
            headers: request.headers,
            body: request.body
        )
        return response(reception, request.id)
    }

    private func response(_ reception: Reception, _ id: RequestID) -> APIResponse {
        switch reception {
        case .acknowledged(let acknowledgement, let outcomes):
            return response(acknowledgement, outcomes)
        case .answered(let acknowledgement, let handshake):
            var response = response(acknowledgement, [])
            response.headers.append(lowercaseName: "usher-handshake", value: handshake.rawValue)
            return response
        case .unknownSource:
            return Problem.notFound.response(for: id)
        case .wrongMethod(let allowed):
            return Problem.methodNotAllowed(allow: allowed.joined(separator: ", ")).response(for: id)
        case .blocked(let error):
            return Problem(
                status: 403,
                code: error.code.replacing("_", with: "-"),
                title: "Webhooks are not taken from this address.",
                detail: error.description
            )
            .response(for: id)
        case .refused(let error):
            let status = error.isMalformed ? 400 : 401
            return Problem(
                status: status,
                code: error.code.replacing("_", with: "-"),
                title: "The webhook was not accepted.",
                detail: error.description
            )
            .response(for: id)
        case .unreadable(let error):
            return Problem(
                status: 400,
                code: error.code.replacing("_", with: "-"),
                title: "The webhook is signed correctly but cannot be read.",
                detail: error.description
            )
            .response(for: id)
        case .busy(let status, let retryAfter, let code):
            let seconds = max(1, Int(retryAfter.inSeconds.rounded(.up)))
            return Problem(
                status: status,
                code: code.replacing("_", with: "-"),
                title: "Usher cannot take this now; nothing was stored. Send it again later.",
                headers: Headers([("retry-after", String(seconds))])
            )
            .response(for: id)
        }
    }

    /// An acknowledgement, with the name of the first event and, where there are several, their number.
    private func response(_ acknowledgement: Acknowledgement, _ outcomes: [AppendOutcome]) -> APIResponse {
        var response = APIResponse(status: acknowledgement.status, body: acknowledgement.body)
        if let type = acknowledgement.contentType {
            response.headers.append(lowercaseName: "content-type", value: type)
        }
        if let first = outcomes.first {
            response.headers.append(lowercaseName: "usher-event", value: first.event.description)
        }
        if outcomes.count > 1 {
            response.headers.append(lowercaseName: "usher-events", value: String(outcomes.count))
        }
        if !outcomes.isEmpty, outcomes.allSatisfy(\.isDuplicate) {
            response.headers.append(lowercaseName: "usher-duplicate", value: "true")
        }
        return response
    }
}
