package import Domain

/// The place of a signal in what one node told: its process, and a number that grows by one.
///
/// As text `1763910000000-42`: the millisecond the process began to tell, then the number.
package struct SignalID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// When the node began to tell, in milliseconds since 1970.
    package let epoch: UInt64
    /// The number, from 1.
    package let number: UInt64

    /// Names the signal `number` of the process that began to tell at `epoch`.
    package init(epoch: UInt64, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// Reads the text form; nil when it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0]), let number = UInt64(parts[1]),
            "\(epoch)-\(number)".utf8.elementsEqual(text.utf8)
        else { return nil }
        self.init(epoch: epoch, number: number)
    }

    package var description: String { "\(epoch)-\(number)" }

    /// By process, then by number.
    package static func < (left: SignalID, right: SignalID) -> Bool {
        (left.epoch, left.number) < (right.epoch, right.number)
    }
}

/// How far somebody knows what a node told: through which signal, and when that was.
///
/// As text `1763910000000-42-1763910012345`: the signal's id, then the millisecond. It is what clients hand back to go on
/// where they were.
package struct SignalPlace: Hashable, Sendable, CustomStringConvertible {
    /// The latest signal that is known.
    package let id: SignalID
    /// When nothing later was known, in milliseconds since 1970.
    package let milliseconds: Int64

    /// Names a place.
    package init(id: SignalID, milliseconds: Int64) {
        self.id = id
        self.milliseconds = milliseconds
    }

    /// Reads the text form; nil when it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let id = SignalID("\(parts[0])-\(parts[1])"),
            let milliseconds = Int64(parts[2]), (0...Self.millisecondsMax).contains(milliseconds),
            "\(id)-\(milliseconds)".utf8.elementsEqual(text.utf8)
        else { return nil }
        self.init(id: id, milliseconds: milliseconds)
    }

    /// When nothing later was known.
    package var instant: Instant { Instant(microseconds: milliseconds * 1_000) }

    /// The end of the year 9999.
    private static let millisecondsMax: Int64 = 253_402_300_799_999

    package var description: String { "\(id)-\(milliseconds)" }
}

/// What a signal is about; raw values are for documents.
package enum SignalKind: String, CaseIterable, Hashable, Sendable {
    /// A webhook was stored.
    case eventStored = "event.stored"
    /// A delivery ended well.
    case deliverySucceeded = "delivery.succeeded"
    /// A try of a delivery failed; there will be another.
    case deliveryFailed = "delivery.failed"
    /// A delivery was given up: a dead letter.
    case deliveryDead = "delivery.dead"
    /// A call came to a new state.
    case callChanged = "call.changed"
    /// Calls of a capability go elsewhere.
    case failoverOpened = "failover.opened"
    /// They are back.
    case failoverEnded = "failover.ended"
    /// An integration, source or destination does better or worse than before.
    case healthChanged = "health.changed"
    /// The figures of an integration, once in a while.
    case healthFigures = "health.figures"
    /// An incident began.
    case incidentOpened = "incident.opened"
    /// Something was written into an incident.
    case incidentChanged = "incident.changed"
    /// An incident is over.
    case incidentClosed = "incident.closed"
    /// Emergency mode began or ended.
    case emergencyChanged = "emergency.changed"
    /// An alert was sent, silenced or escalated.
    case alertChanged = "alert.changed"
    /// A source stopped sending, or began again.
    case silenceChanged = "silence.changed"
}

/// One thing that the live stream carries.
package struct Signal: Hashable, Sendable {
    /// Its place.
    package let id: SignalID
    /// What it is about.
    package let kind: SignalKind
    /// When it happened.
    package let at: Instant
    /// What it happened to: an event's id, an integration's name.
    package let subject: String
    /// The wedding it belongs to; nil without one.
    package let wedding: WeddingID?
    /// The vendor who may see it too; nil is for the platform alone.
    package let vendor: ResourceName?
    /// The rest, without secrets and without payloads.
    package let body: JSONValue

    /// Collects the parts.
    package init(
        id: SignalID,
        kind: SignalKind,
        at: Instant,
        subject: String,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil,
        body: JSONValue = .object([])
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.subject = subject
        self.wedding = wedding
        self.vendor = vendor
        self.body = body
    }
}
