package import Domain
package import Providers

/// A vendor's API as it behaves: a value that takes a request and gives the answer the real one would give.
///
/// No clock, chance or network of its own: the same requests, instants and seed give the same answers. What took
/// effect stands in its ledger, which is the truth that promises are judged by.
package protocol VendorMachine: Sendable {
    /// Whose API it is.
    var provider: APIProvider { get }

    /// Answers one request.
    mutating func answer(_ request: VendorRequest, now: Instant, random: inout SeededRandom) -> VendorAnswer

    /// The webhooks that are due by `now`, signed, each taken once; tried again by the caller as the vendor would.
    mutating func takeWebhooks(now: Instant) -> [VendorWebhook]

    /// Says that the webhook `id` was taken with a 2xx.
    mutating func webhookDelivered(_ id: String)

    /// A webhook as it is sent once more: with a new signature where the vendor signs the time of sending.
    func signedAgain(_ webhook: VendorWebhook, now: Instant) -> VendorWebhook

    /// The pauses before a webhook without a 2xx is sent again; after the last one it is given up.
    var webhookPauses: [Duration] { get }

    /// What took effect, oldest first.
    var ledger: [LedgerEntry] { get }

    /// The circumstances of the next request, set by `FaultyVendor`; a vendor heeds those that it can have.
    var conditions: VendorConditions { get set }

    /// Whether a failure can be stored under a request's key; others just fail once.
    var storesFailures: Bool { get }

    /// A failure of the vendor's own, in its form: 500, 502, 503, 504.
    func failure(status: Int, random: inout SeededRandom) -> VendorAnswer

    /// What a request over a limit gets, in the vendor's form and without `Retry-After` unless documented.
    func overLimit(random: inout SeededRandom) -> VendorAnswer
}

extension VendorMachine {
    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] { [] }

    package mutating func webhookDelivered(_ id: String) {}

    package func signedAgain(_ webhook: VendorWebhook, now: Instant) -> VendorWebhook { webhook }

    /// Four tries more, over a quarter of an hour.
    package var webhookPauses: [Duration] { [.seconds(5), .seconds(30), .seconds(120), .seconds(720)] }

    /// A vendor that knows no circumstances.
    package var conditions: VendorConditions {
        get { VendorConditions() }
        set {}
    }

    package var storesFailures: Bool { false }

    /// The page of a proxy in front of the vendor.
    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        VendorAnswer(
            status: status,
            headers: Headers([("content-type", "text/html")]),
            body: Array("<html><body><h1>\(status)</h1></body></html>\n".utf8)
        )
    }

    /// 429 without a body.
    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        VendorAnswer(status: 429)
    }
}

/// The circumstances under which a vendor answers one request.
package struct VendorConditions: Hashable, Sendable {
    /// A failure that is stored under the request's idempotency key and given again at each repetition.
    package struct StoredFailure: Hashable, Sendable {
        /// The status: 500 to 599.
        package let status: Int
        /// Whether what was asked for happens all the same.
        package let takesEffect: Bool

        /// Describes a failure.
        package init(status: Int, takesEffect: Bool) {
            self.status = status
            self.takesEffect = takesEffect
        }
    }

    /// How long the answer is on its way: until then the key of the request is in use.
    package var answersAfter = Duration.zero
    /// How long new things stay out of sight of GET, search and list.
    package var lookUpDelay = Duration.zero
    /// What is answered and stored in place of the true answer; nil answers truly.
    package var storedFailure: StoredFailure?
    /// The share of its documented limits that the vendor grants: 0.5 is half; above 0.
    package var limitShare = 1.0

    /// No particular circumstances.
    package init() {}
}

/// A request as a vendor sees it.
package struct VendorRequest: Hashable, Sendable {
    /// The method, upper case.
    package let method: String
    /// The path as it came, percent-encoded, with a leading slash.
    package let path: String
    /// The query as it came, without `?`; empty when there is none.
    package let query: String
    /// The fields, `host` included.
    package let headers: Headers
    /// The body; what a shell cut off or kept elsewhere is in `streamed`.
    package let body: [UInt8]
    /// The length and checksums of a body too long to keep; nil when `body` is all of it.
    package let streamed: StreamedBody?

    /// The checksums of a body that was streamed past.
    package struct StreamedBody: Hashable, Sendable {
        /// Its length.
        package let bytes: Int64
        /// Its SHA-256.
        package let sha256: [UInt8]
        /// Its MD5.
        package let md5: [UInt8]

        /// Collects the parts.
        package init(bytes: Int64, sha256: [UInt8], md5: [UInt8]) {
            self.bytes = bytes
            self.sha256 = sha256
            self.md5 = md5
        }
    }

    /// Collects the parts.
    package init(
        method: String,
        path: String,
        query: String = "",
        headers: Headers = Headers(),
        body: [UInt8] = [],
        streamed: StreamedBody? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.streamed = streamed
    }
}

/// A vendor's answer.
package struct VendorAnswer: Hashable, Sendable {
    /// A body of one byte over and over, which is made while it is sent.
    package struct Run: Hashable, Sendable {
        /// The byte.
        package let byte: UInt8
        /// How often it comes.
        package let count: Int64

        /// Describes a body.
        package init(byte: UInt8, count: Int64) {
            self.byte = byte
            self.count = count
        }
    }

    /// The status.
    package var status: Int
    /// The fields, `content-length` excepted.
    package var headers: Headers
    /// The body.
    package var body: [UInt8]
    /// The body in place of `body`, where it is a run.
    package var run: Run?

    /// Collects the parts.
    package init(status: Int, headers: Headers = Headers(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// A webhook that a vendor wants to send.
package struct VendorWebhook: Hashable, Sendable {
    /// The vendor's id of the event, the same at every try.
    package let id: String
    /// Where it goes.
    package let url: String
    /// Its fields, signature included.
    package let headers: Headers
    /// Its body.
    package let body: [UInt8]

    /// Collects the parts.
    package init(id: String, url: String, headers: Headers, body: [UInt8]) {
        self.id = id
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// Something that took effect at a vendor: money that moved, a message that left, an object that was stored.
package struct LedgerEntry: Hashable, Sendable {
    /// What happened: `charge`, `authorization`, `capture`, `refund`, `void`, `sms`, `email`, `meeting`, `event`,
    /// `object`, `deletion`.
    package let kind: String
    /// The vendor's id of it.
    package let id: String
    /// The vendor's id of what it changes: the charge that a refund gives back; nil for what is new.
    package let of: String?
    /// Usher's `tag` of the call, where the request carried one: `call_…`; nil otherwise.
    package let tag: String?
    /// How much money, in minor units; nil where none moved.
    package let amount: Int64?
    /// When.
    package let at: Instant

    /// Collects the parts.
    package init(kind: String, id: String, of: String? = nil, tag: String?, amount: Int64? = nil, at: Instant)
    {
        self.kind = kind
        self.id = id
        self.of = of
        self.tag = tag
        self.amount = amount
        self.at = at
    }
}
