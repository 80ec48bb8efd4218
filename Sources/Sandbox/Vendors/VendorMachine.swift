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

    /// What took effect, oldest first.
    var ledger: [LedgerEntry] { get }
}

extension VendorMachine {
    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] { [] }
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
    /// The status.
    package var status: Int
    /// The fields, `content-length` excepted.
    package var headers: Headers
    /// The body.
    package var body: [UInt8]

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
