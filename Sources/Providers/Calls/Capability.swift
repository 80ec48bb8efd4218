/// What an integration can be used for; a route is the ordered list of integrations that serve one.
package enum Capability: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case payments
    case sms
    case email
    case video
    case calendar
    case weather
    case storage

    /// Reads a name; nil when there is no such capability.
    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else {
            return nil
        }
        self = match
    }

    package var description: String { rawValue }

    /// Its operations, in the order of the documentation.
    package var operations: [Operation] { Operation.allCases.filter { $0.capability == self } }
}

/// One thing an application may ask for: `payments.charge`.
package enum Operation: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case paymentsAuthorize = "payments.authorize"
    case paymentsCharge = "payments.charge"
    case paymentsCapture = "payments.capture"
    case paymentsRefund = "payments.refund"
    case paymentsVoid = "payments.void"
    case paymentsGet = "payments.get"
    case smsSend = "sms.send"
    case smsGet = "sms.get"
    case emailSend = "email.send"
    case emailGet = "email.get"
    case videoCreate = "video.create"
    case videoUpdate = "video.update"
    case videoCancel = "video.cancel"
    case videoGet = "video.get"
    case calendarCreate = "calendar.create"
    case calendarUpdate = "calendar.update"
    case calendarCancel = "calendar.cancel"
    case calendarGet = "calendar.get"
    case calendarChanges = "calendar.changes"
    case weatherCurrent = "weather.current"
    case weatherForecast = "weather.forecast"
    case storageUpload = "storage.upload"
    case storageDownload = "storage.download"
    case storageDelete = "storage.delete"
    case storagePresign = "storage.presign"
    case storageHead = "storage.head"

    /// Reads a full name such as `payments.charge`; nil when there is no such operation.
    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else {
            return nil
        }
        self = match
    }

    /// Reads the two parts of a name; nil when there is no such operation.
    package init?(_ capability: Capability, _ name: String) {
        self.init(name: "\(capability.rawValue).\(name)")
    }

    /// The capability it belongs to.
    package var capability: Capability {
        let name = rawValue.prefix { $0 != "." }
        guard let capability = Capability(rawValue: String(name)) else {
            preconditionFailure("an operation's name begins with a capability")
        }
        return capability
    }

    /// Its name within the capability: `charge`.
    package var name: String { String(rawValue.drop { $0 != "." }.dropFirst()) }

    /// Whether it changes nothing at the provider, so that it may be repeated and sent elsewhere at will.
    package var isRead: Bool {
        switch self {
        case .paymentsGet, .smsGet, .emailGet, .videoGet, .calendarGet, .calendarChanges, .weatherCurrent,
            .weatherForecast, .storageDownload, .storagePresign, .storageHead:
            true
        default: false
        }
    }

    /// Whether identical ones that are asked for at the same time may be answered by one request.
    ///
    /// Reads of money never are: what decides about money is asked for anew. Downloads and presigned URLs are made for
    /// one caller.
    package var isShareable: Bool {
        switch self {
        case .smsGet, .emailGet, .videoGet, .calendarGet, .calendarChanges, .weatherCurrent, .weatherForecast,
            .storageHead:
            true
        default: false
        }
    }

    /// Whether it is about something that lives at one integration already: such a call never goes elsewhere.
    package var hasTarget: Bool {
        switch self {
        case .paymentsCapture, .paymentsRefund, .paymentsVoid, .paymentsGet, .smsGet, .emailGet, .videoUpdate,
            .videoCancel, .videoGet:
            true
        default: capability == .calendar
        }
    }

    package var description: String { rawValue }
}
