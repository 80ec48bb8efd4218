import Access
package import Domain
package import Health

/// Emergency mode: where it stands, on by hand, off.
package struct EmergencyRoutes: Sendable {
    private let desk: EmergencyDesk
    private let time: Time

    /// Makes the routes over a desk.
    package init(desk: EmergencyDesk, time: Time) {
        self.desk = desk
        self.time = time
    }

    /// The routes.
    package var all: [Route] { [show, order, callOff] }

    private var show: Route {
        Route(
            .get,
            "/api/emergency",
            id: "getEmergency",
            tag: "emergency",
            summary: "Shows whether emergency mode is on, why, until when, and what it did lately.",
            replies: [.json(200, .named("Emergency"), "Where it stands.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                return .json(try await desk.status().json)
            }
        )
    }

    private var order: Route {
        Route(
            .post,
            "/api/emergency",
            id: "orderEmergency",
            tag: "emergency",
            summary: "Turns emergency mode on until a time, or changes what was ordered before.",
            body: .object([
                .required(
                    "reason",
                    .string(length: 1...EmergencyMode.Order.reasonBytesMax),
                    "Why; it stands in the record."
                ),
                .optional(
                    "for_seconds",
                    .integer(1...EmergencyMode.orderedMax.components.seconds),
                    "For how long; two hours unless given, at most a day."
                ),
            ]),
            replies: [.json(200, .named("Emergency"), "Where it stands.")],
            problems: [422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                let length =
                    body["for_seconds"]?.int64.map { Duration.seconds($0) } ?? EmergencyMode.orderedDefault
                let status = try await desk.order(
                    EmergencyMode.Order(
                        reason: body["reason"]?.string ?? "",
                        by: scope.principal.description,
                        until: time.now() + length
                    )
                )
                return .json(status.json)
            }
        )
    }

    private var callOff: Route {
        Route(
            .delete,
            "/api/emergency",
            id: "callOffEmergency",
            tag: "emergency",
            summary: "Turns emergency mode off; it does not begin by itself for half an hour.",
            replies: [.empty(204, "All is as always.")],
            problems: [404],
            action: .guarded(.write) { _, scope in
                try scope.requirePlatform()
                guard try await desk.callOff(by: scope.principal.description) else { throw Problem.notFound }
                return APIResponse(status: 204)
            }
        )
    }
}

extension EmergencyStatus {
    /// Where it stands, as the API shows it.
    fileprivate var json: JSONValue {
        [
            "on": .bool(mode.isOn),
            "by": mode.by.map { .string($0) } ?? .null,
            "since": .instant(mode.since),
            "ends_at": .instant(mode.endsAt),
            "reasons": .array(reasons.map { .string($0) }),
            "weddings": .array(weddings.map { .string($0.text) }),
            "incidents": .array(incidents.map { .string($0.description) }),
            "history": .array(records.map(\.json)),
        ]
    }
}

extension EmergencyMode {
    /// Who turned it on; `usher` when it was itself, nil while it is off.
    fileprivate var by: String? {
        switch state {
        case .calm: nil
        case .needed: "usher"
        case .ordered(_, let order): order.by
        }
    }
}

extension EmergencyRecord {
    fileprivate var json: JSONValue {
        [
            "number": .integer(number),
            "since": .instant(since),
            "ended_at": .instant(endedAt),
            "end": end.map { .string($0.rawValue) } ?? .null,
            "steps": .array(steps.map { ["at": .instant($0.at), "text": .string($0.text)] }),
        ]
    }
}
