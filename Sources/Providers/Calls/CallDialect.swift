package import Domain
package import Resilience

/// How one provider is called: builds its requests, reads its answers, and finds out what became of a request
/// whose answer was lost.
///
/// A value without state, clock or chance. An attempt is a conversation: `next` builds a request from the progress so
/// far (`.null` at first), the request leaves, `read` says what its answer means; `.goOn` stores new progress and
/// asks `next` again. After a crash `next` is called with the stored progress: it must build the same request with
/// the same key.
package protocol CallDialect: Sendable {
    /// What is known of the provider.
    var facts: ProviderFacts { get }

    /// Throws when this provider cannot do what is asked: no such operation, no source for this processor, a value
    /// its API does not take. Nothing has been sent.
    func check(_ call: CallRequest) throws(CallInputError)

    /// The next request of the attempt.
    /// - Parameter now: the instant of sending, for signatures that carry it.
    func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest

    /// What an answer to `next`'s request means.
    func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict

    /// How to find out what became of an attempt whose last request has no clear answer.
    ///
    /// - Parameters:
    ///   - age: how long ago that request left.
    ///   - round: how often it was tried to find out, from 0.
    func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep

    /// What the answer to a `SettleStep.ask` proves.
    func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict

    /// A cheap authenticated request that touches real data, to learn whether the provider works.
    func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest

    /// What an answer says about the provider's limits; empty when it says nothing.
    func limits(in answer: ProviderAnswer) -> [LimitNews]

    /// What a 2xx to `next`'s request says of the object that the call is about; nil when it tells of none.
    func object(in answer: ProviderAnswer, _ call: CallRequest, progress: JSONValue) -> ObjectFacts?
}

extension CallDialect {
    /// A provider that keeps no objects.
    package func object(in answer: ProviderAnswer, _ call: CallRequest, progress: JSONValue) -> ObjectFacts? {
        nil
    }
}

/// What is known of a provider, from its documentation.
package struct ProviderFacts: Sendable {
    /// Whose facts they are.
    package var provider: APIProvider
    /// The provider's name for people: `Microsoft Graph (Outlook)`.
    package var title: String
    /// What it can do.
    package var operations: Set<Operation>
    /// Where its API is unless an integration says otherwise.
    package var baseURL: String
    /// What its credential consists of; the first one is meant when a single value is given.
    package var credential: [CredentialField]
    /// How it authenticates.
    package var authentication: ProviderAuthentication
    /// How it tells a repeated request from a new one.
    package var idempotency: IdempotencyContract
    /// The limits it documents.
    package var limits: [ProviderLimit]
    /// The version that requests ask for: a header's value or a part of the path; empty when it has none.
    package var apiVersion: String
    /// The header that carries the version; nil when it stands in the path or nowhere.
    package var versionHeader: String?
    /// Where its state is published; nil where no machine-readable page is known.
    package var statusPage: StatusPage?
    /// The longest one of its requests may take.
    package var timeout: Duration
    /// The least time between two probes.
    package var probeInterval: Duration
    /// How long an answer is as good as a new one, by the operation; others are asked anew each time.
    package var freshness: [Operation: Duration]

    /// Collects the facts.
    package init(
        provider: APIProvider,
        title: String,
        operations: Set<Operation>,
        baseURL: String,
        credential: [CredentialField],
        authentication: ProviderAuthentication,
        idempotency: IdempotencyContract,
        limits: [ProviderLimit],
        apiVersion: String = "",
        versionHeader: String? = nil,
        statusPage: StatusPage? = nil,
        timeout: Duration = .seconds(10),
        probeInterval: Duration = .seconds(30),
        freshness: [Operation: Duration] = [:]
    ) {
        self.provider = provider
        self.title = title
        self.operations = operations
        self.baseURL = baseURL
        self.credential = credential
        self.authentication = authentication
        self.idempotency = idempotency
        self.limits = limits
        self.apiVersion = apiVersion
        self.versionHeader = versionHeader
        self.statusPage = statusPage
        self.timeout = timeout
        self.probeInterval = probeInterval
        self.freshness = freshness
    }
}

/// One value of a credential.
package struct CredentialField: Hashable, Sendable {
    /// Its name in `usher.yaml`.
    package let name: String
    /// Whether it must not be shown.
    package let isSecret: Bool
    /// Whether it must be given.
    package let isRequired: Bool
    /// What it is and where to find it.
    package let help: String

    /// Describes a field.
    package init(_ name: String, isSecret: Bool, isRequired: Bool = true, help: String) {
        self.name = name
        self.isSecret = isSecret
        self.isRequired = isRequired
        self.help = help
    }
}

/// How a provider authenticates its callers.
package enum ProviderAuthentication: Hashable, Sendable {
    /// The dialect puts the credential into each request.
    case credential
    /// The dialect needs an access token, which `OAuthGrant` describes.
    case oauth(OAuthGrant)
}

/// How access tokens are had (RFC 6749).
package struct OAuthGrant: Hashable, Sendable {
    /// What is exchanged for an access token.
    package enum Kind: String, Hashable, Sendable {
        /// RFC 6749 section 4.4: the client's own id and secret (PayPal).
        case clientCredentials = "client_credentials"
        /// Zoom's server-to-server grant.
        case accountCredentials = "account_credentials"
        /// RFC 6749 section 6; the refresh token comes from `usher.yaml` or from the authorization-code flow.
        case refreshToken = "refresh_token"
    }

    /// What is exchanged.
    package let kind: Kind
    /// The token endpoint: absolute, or a path below the integration's base URL.
    package let tokenEndpoint: String
    /// Where a person gives consent; nil for grants without one.
    package let authorizationEndpoint: String?
    /// What is asked for, separated by blanks.
    package let scope: String
    /// Further query parameters of the authorization request (`access_type=offline`).
    package let authorizationParameters: [String: String]

    /// Describes a grant.
    package init(
        kind: Kind,
        tokenEndpoint: String,
        authorizationEndpoint: String? = nil,
        scope: String = "",
        authorizationParameters: [String: String] = [:]
    ) {
        self.kind = kind
        self.tokenEndpoint = tokenEndpoint
        self.authorizationEndpoint = authorizationEndpoint
        self.scope = scope
        self.authorizationParameters = authorizationParameters
    }
}

/// How a provider tells a repeated request from a new one.
package enum IdempotencyContract: Hashable, Sendable {
    /// A key in a header; nil lifetime is not published.
    case header(String, lifetime: Duration?)
    /// A key in the body.
    case body(String, lifetime: Duration?)
    /// A name of the caller's choosing is the thing's own id: a second one is refused or replaces the first.
    case ownName
    /// There is none.
    case none

    /// How long a key is remembered; nil without a key or when nothing is published.
    package var lifetime: Duration? {
        switch self {
        case .header(_, let lifetime), .body(_, let lifetime): lifetime
        case .ownName, .none: nil
        }
    }
}

/// One limit a provider documents.
package struct ProviderLimit: Hashable, Sendable {
    /// Its name, unique for the provider: `endpoint`.
    package let name: String
    /// What sort of limit it is, and how much.
    package let kind: LimitKind
    /// The operations it counts; nil is every one.
    package let operations: Set<Operation>?

    /// Describes a limit.
    package init(_ name: String, _ kind: LimitKind, operations: Set<Operation>? = nil) {
        self.name = name
        self.kind = kind
        self.operations = operations
    }
}

/// Where a provider publishes its state.
package struct StatusPage: Hashable, Sendable {
    /// The page's form.
    package enum Format: String, Hashable, Sendable {
        /// Statuspage's `status.json` or `summary.json`.
        case statuspage
        /// Stripe's `/current`.
        case stripe
        /// Atom; a title that starts with `Resolved:` is closed.
        case atom
        /// Google Workspace's `incidents.json`.
        case googleIncidents = "google_incidents"
        /// Microsoft's posts.
        case microsoftPosts = "microsoft_posts"
        /// Apple's `system_status`.
        case apple
        /// AWS's public current events, UTF-16.
        case aws
    }

    /// Where it is.
    package let url: String
    /// How it is read.
    package let format: Format

    /// Names a page.
    package init(url: String, format: Format) {
        self.url = url
        self.format = format
    }
}
