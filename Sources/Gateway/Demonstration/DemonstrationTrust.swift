import Domain
import Signatures
package import Transport

/// What the demonstration's gateway sees of PayPal and SNS: their pages on this machine, and an authority of its own.
///
/// `usher serve` has none of this: there certificates come from the internet and are traced back to the machine's
/// authorities.
package struct DemonstrationTrust: Sendable {
    private let anchor: String
    private let pages: [String: String]

    /// Puts a world together.
    /// - Parameters:
    ///   - anchor: the only authority that is trusted, PEM.
    ///   - pages: what lies at which exact URL; every other URL is the real one.
    package init(anchor: String, pages: [String: String]) {
        self.anchor = anchor
        self.pages = pages
    }

    /// The authority as the gateway takes it.
    var anchors: TrustAnchors { TrustAnchors(pem: Array(anchor.utf8)) }

    /// An upstream that answers for the pages, and hands everything else on.
    package func upstream(over real: Upstream) -> Upstream {
        Upstream { request throws(TransportError) in
            guard request.method == "GET", let page = pages["\(request.url)"] else {
                return try await real.send(request)
            }
            let body = Array(page.utf8)
            return OutgoingResponse(
                status: 200,
                headers: Headers(),
                body: Array(body.prefix(request.responseBytesMax)),
                isCut: body.count > request.responseBytesMax
            )
        }
    }
}
