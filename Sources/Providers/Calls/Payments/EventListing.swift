package import Domain

/// How a processor's past events are asked for: what its webhooks would have brought while nobody could take them.
///
/// A value without state, clock or chance: `request` builds the request for one page, `read` says what came.
package protocol EventListing: Sendable {
    /// How far back the processor's list reaches.
    var reach: Duration { get }

    /// Whether its pages begin with the newest event.
    var isNewestFirst: Bool { get }

    /// The request for a page.
    /// - Parameter page: `EventPage.next` of the page before; nil asks for the first one.
    func request(
        _ account: IntegrationAccount,
        from: Instant,
        to: Instant,
        page: String?
    ) -> ProviderRequest

    /// The page in an answer.
    func read(_ answer: ProviderAnswer) -> EventPageVerdict
}

extension EventListing {
    /// The newest event comes first unless a listing says otherwise.
    package var isNewestFirst: Bool { true }
}

/// What an answer to a request for events is.
package enum EventPageVerdict: Hashable, Sendable {
    /// A page.
    case page(EventPage)
    /// None, and why.
    case failed(ProviderFailure)
}

/// Some of a processor's past events.
package struct EventPage: Hashable, Sendable {
    /// The most events of a page: what all three processors give at once.
    package static let eventsMax = 100
    /// The longest `next`, in bytes; a longer one ends the list.
    package static let nextBytesMax = 2_048

    /// The events, in the processor's order: Stripe's and PayPal's newest first, Square's oldest first.
    package let events: [ListedEvent]
    /// What asks for the page after this one; nil when it is the last one.
    package let next: String?

    init(events: [ListedEvent], next: String?) {
        self.events = Array(events.prefix(Self.eventsMax))
        self.next = next.flatMap { (1...Self.nextBytesMax).contains($0.utf8.count) ? $0 : nil }
    }
}

/// One past event.
package struct ListedEvent: Hashable, Sendable {
    /// The id by which a webhook of the same event is known to be the same.
    package let id: String
    /// The body that a webhook of it would have: the same members in the same order, written anew.
    package let body: [UInt8]

    /// The longest id, in bytes.
    static let idBytesMax = 255

    /// Takes an event from a list; nil when it has no id, or names another one than webhooks would.
    init?(_ json: JSONValue, id name: String, pretty: Bool) {
        guard let id = json[name]?.string, (1...Self.idBytesMax).contains(id.utf8.count) else { return nil }
        self.id = id
        body = json.serialized(pretty: pretty)
    }
}

/// The processors whose past events can be listed.
package enum EventListingCatalogue {
    /// How a provider's past events are asked for; nil when that is not possible.
    package static func listing(of provider: APIProvider) -> (any EventListing)? {
        switch provider {
        case .stripe: StripeEvents()
        case .square: SquareEvents()
        case .paypal: PayPalEvents()
        default: nil
        }
    }
}

extension EventPageVerdict {
    /// Reads a list that stands under `name`.
    static func read(
        _ answer: ProviderAnswer,
        _ provider: APIProvider,
        list name: String,
        id: String,
        pretty: Bool = false,
        next: (JSONValue) -> String?
    ) -> EventPageVerdict {
        let json = answer.json
        guard answer.isSuccess, let json, json.object != nil else {
            return .failed(failure(answer, provider))
        }
        let listed = json[name]?.array ?? []
        let events = listed.compactMap { ListedEvent($0, id: id, pretty: pretty) }
        return .page(EventPage(events: events, next: next(json)))
    }

    private static func failure(_ answer: ProviderAnswer, _ provider: APIProvider) -> ProviderFailure {
        let kind: ProviderFailure.Kind =
            switch answer.status {
            case 429: .limited
            case 401, 403: .unauthorized
            case 400...499: .rejected
            default: .unavailable
            }
        return ProviderFailure(
            kind,
            code: answer.isSuccess ? "unreadable_answer" : "http_\(answer.status)",
            message: "The events of \(provider) could not be listed",
            wait: answer.retryAfter
        )
    }
}
