/// Names an `Event`: one verified webhook, stored.
package enum EventKind: IdentifierKind {
    package static let prefix = "evt"
}
/// The id of an event; stable across deliveries and replays of it.
package typealias EventID = Identifier<EventKind>

/// Names a `Delivery`: one event for one destination.
package enum DeliveryKind: IdentifierKind {
    package static let prefix = "dlv"
}
/// The id of a delivery.
package typealias DeliveryID = Identifier<DeliveryKind>

/// Names a replay: one request to deliver past events again.
package enum ReplayKind: IdentifierKind {
    package static let prefix = "rpl"
}
/// The id of a replay.
package typealias ReplayID = Identifier<ReplayKind>

/// Names an API key.
package enum APIKeyKind: IdentifierKind {
    package static let prefix = "key"
}
/// The public id of an API key (not its secret).
package typealias APIKeyID = Identifier<APIKeyKind>

/// Names a running process of Usher; leases carry it.
package enum NodeKind: IdentifierKind {
    package static let prefix = "nod"
}
/// The id of one running process.
package typealias NodeID = Identifier<NodeKind>

/// Names one HTTP request, for logs and problem documents.
package enum RequestKind: IdentifierKind {
    package static let prefix = "req"
}
/// The id of one HTTP request.
package typealias RequestID = Identifier<RequestKind>

/// Names a `Call`: one outgoing operation.
package enum CallKind: IdentifierKind {
    package static let prefix = "call"
}
/// The id of a call.
package typealias CallID = Identifier<CallKind>

/// Names a `CallAttempt`: one try of a call at one integration.
package enum CallAttemptKind: IdentifierKind {
    package static let prefix = "att"
}
/// The id of a call's attempt.
package typealias CallAttemptID = Identifier<CallAttemptKind>

/// Names content that is kept for a call: a photo before it is stored at a provider.
package enum ContentKind: IdentifierKind {
    package static let prefix = "cnt"
}
/// The id of kept content.
package typealias ContentID = Identifier<ContentKind>

/// Names an incident: a time in which something did not do as it should.
package enum IncidentKind: IdentifierKind {
    package static let prefix = "inc"
}
/// The id of an incident.
package typealias IncidentID = Identifier<IncidentKind>

/// Names an alert: what somebody is told of an incident.
package enum AlertKind: IdentifierKind {
    package static let prefix = "alr"
}
/// The id of an alert.
package typealias AlertID = Identifier<AlertKind>
