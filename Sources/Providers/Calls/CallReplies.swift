package import Domain

/// The normalised reply of `payments.*`.
package struct PaymentReply: Hashable, Sendable {
    /// What became of the payment.
    package enum Status: String, CaseIterable, Hashable, Sendable {
        /// The money is taken.
        case succeeded
        /// The money is held and can be captured.
        case authorized
        /// The bank takes its time; a webhook tells the end.
        case processing
        /// The payer must do something (3-D Secure): `actionURL`, or the processor's own page in the app.
        case requiresAction = "requires_action"
        /// Released without taking money.
        case voided
        /// Given back; `refunded` tells how much.
        case refunded
        /// It did not happen.
        case failed
    }

    /// Its state.
    package var status: Status
    /// The processor's own id: `pi_…`.
    package var id: String
    /// How much it is about.
    package var amount: Money
    /// How much was given back so far, in minor units.
    package var refunded: Int64 = 0
    /// Where the payer must go; nil when there is no such page.
    package var actionURL: String?

    /// Collects the parts.
    package init(status: Status, id: String, amount: Money, refunded: Int64 = 0, actionURL: String? = nil) {
        self.status = status
        self.id = id
        self.amount = amount
        self.refunded = refunded
        self.actionURL = actionURL
    }

    /// `{"status": …, "id": …, "amount": {"amount": …, "currency": …}, "refunded": …, "action_url": …}`.
    package var json: JSONValue {
        [
            "status": .string(status.rawValue), "id": .string(id),
            "amount": ["amount": .integer(amount.minorUnits), "currency": .string(amount.currency.code)],
            "refunded": .integer(refunded), "action_url": actionURL.map { .string($0) } ?? .null,
        ]
    }
}

/// The normalised reply of `sms.*` and `email.*`.
package struct MessageReply: Hashable, Sendable {
    /// How far it came.
    package enum Status: String, CaseIterable, Hashable, Sendable {
        /// The provider has it and will send it.
        case accepted
        /// It left.
        case sent
        /// It arrived.
        case delivered
        /// It will not arrive.
        case failed
    }

    /// Its state.
    package var status: Status
    /// The provider's own id.
    package var id: String
    /// The provider's word for what went wrong; nil when nothing did.
    package var errorCode: String?

    /// Collects the parts.
    package init(status: Status, id: String, errorCode: String? = nil) {
        self.status = status
        self.id = id
        self.errorCode = errorCode
    }

    /// `{"status": …, "id": …, "error_code": …}`.
    package var json: JSONValue {
        [
            "status": .string(status.rawValue), "id": .string(id),
            "error_code": errorCode.map { .string($0) } ?? .null,
        ]
    }
}

/// The normalised reply of `video.*`; `video.update` and `video.cancel` know the id alone.
package struct MeetingReply: Hashable, Sendable {
    /// `scheduled`, or `cancelled`.
    package var isCancelled: Bool
    /// The provider's own id.
    package var id: String
    /// Where guests join.
    package var joinURL: String?
    /// What guests type in.
    package var password: String?
    /// What it is called.
    package var topic: String?
    /// When it begins, UTC.
    package var start: Instant?
    /// How long it is.
    package var minutes: Int64?

    /// Collects the parts.
    package init(
        id: String,
        isCancelled: Bool = false,
        joinURL: String? = nil,
        password: String? = nil,
        topic: String? = nil,
        start: Instant? = nil,
        minutes: Int64? = nil
    ) {
        self.id = id
        self.isCancelled = isCancelled
        self.joinURL = joinURL
        self.password = password
        self.topic = topic
        self.start = start
        self.minutes = minutes
    }

    /// `{"status": …, "id": …, "join_url": …, "password": …, "topic": …, "start": …, "minutes": …}`.
    package var json: JSONValue {
        let text = { (value: String?) -> JSONValue in value.map { .string($0) } ?? .null }
        return [
            "status": isCancelled ? "cancelled" : "scheduled", "id": .string(id), "join_url": text(joinURL),
            "password": text(password), "topic": text(topic), "start": text(start.map { "\($0)" }),
            "minutes": minutes.map { .integer($0) } ?? .null,
        ]
    }
}

/// The normalised reply of the storage operations.
package struct ObjectReply: Hashable, Sendable {
    /// The object's key.
    package var key: String
    /// Whether it is there.
    package var exists: Bool
    /// Its length; nil when the provider does not say.
    package var bytes: Int64?
    /// The provider's version tag; nil when there is none.
    package var etag: String?
    /// Its media type; nil when the provider does not say.
    package var contentType: String?
    /// Where it can be had or put; nil unless asked for.
    package var url: String?

    /// Collects the parts.
    package init(
        key: String,
        exists: Bool,
        bytes: Int64? = nil,
        etag: String? = nil,
        contentType: String? = nil,
        url: String? = nil
    ) {
        self.key = key
        self.exists = exists
        self.bytes = bytes
        self.etag = etag
        self.contentType = contentType
        self.url = url
    }

    /// `{"key": …, "exists": …, "bytes": …, "etag": …, "content_type": …, "url": …}`.
    package var json: JSONValue {
        let text = { (value: String?) -> JSONValue in value.map { .string($0) } ?? .null }
        return [
            "key": .string(key), "exists": .bool(exists), "bytes": bytes.map { .integer($0) } ?? .null,
            "etag": text(etag), "content_type": text(contentType), "url": text(url),
        ]
    }
}
