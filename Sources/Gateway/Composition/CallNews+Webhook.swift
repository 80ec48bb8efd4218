package import Calls
package import Domain
package import Providers
import Registry

extension CallEngine {
    /// Takes in what a webhook says of a call, if it says something of one.
    func hear(_ source: Source, _ event: EventDescription, _ body: [UInt8]) async throws {
        let news = CallNews(source.dialect.provider, source: source.name, type: event.type, body: body)
        if let news { try await hear(news) }
    }
}

extension CallNews {
    /// What a webhook says of a call; nil for one that says nothing of any.
    ///
    /// - Parameter source: the name of the source it came to.
    package init?(_ provider: ProviderName, source: ResourceName?, type: String, body: [UInt8]) {
        switch provider {
        case .stripe, .square, .paypal: self.init(payment: provider, source, type, body)
        case .twilio, .sendgrid: self.init(message: provider, source, type, body)
        default: return nil
        }
    }

    private init?(payment provider: ProviderName, _ source: ResourceName?, _ type: String, _ body: [UInt8]) {
        guard let api = APIProvider(name: provider.rawValue), PaymentNews.mayHaveTag(body),
            let json = try? JSONParser.parse(body),
            let news = PaymentNews.read(provider: api, eventType: type, body: json),
            let call = news.tag.flatMap({ CallID($0) })
        else { return nil }
        var reference = news.objectID
        if case .succeeded(let outcome) = news.verdict, let known = outcome.reference { reference = known }
        self.init(
            call: call,
            provider: api,
            source: source,
            attempt: news.attempt,
            reference: reference,
            verdict: news.verdict
        )
    }

    /// Any news of a message proves that it was accepted.
    private init?(message provider: ProviderName, _ source: ResourceName?, _ type: String, _ body: [UInt8]) {
        guard let api = APIProvider(name: provider.rawValue),
            let news = MessageNews.read(provider: api, eventType: type, body: body),
            let call = news.tag.flatMap({ CallID($0) })
        else { return nil }
        let reply = MessageReply(status: news.status, id: news.objectID, errorCode: news.errorCode)
        self.init(
            call: call,
            provider: api,
            source: source,
            reference: news.objectID,
            verdict: .succeeded(CallOutcome(reply: reply.json, reference: news.objectID))
        )
    }
}
