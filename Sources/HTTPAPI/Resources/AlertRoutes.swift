import Access
import Domain
import Health

/// Alerts: who was told of what, who is at it, what is kept back, and whether channels work.
struct AlertRoutes: Sendable {
    /// The longest reason of a silence, in characters.
    static let reasonMax = 500

    let context: ResourceContext
    let alerts: AlertDesk

    var all: [Route] { [list, channels, test, listSilences, silence, endSilence, show, take] }

    private var list: Route {
        Route(
            .get,
            "/api/alerts",
            id: "listAlerts",
            tag: "alerts",
            summary: "Lists alerts, newest first.",
            parameters: [Parameters.limit, Parameters.cursor],
            replies: [.json(200, .page(of: "Alert"), "One page of alerts.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                let listing = call.listing("alerts", scope)
                var before: AlertID?
                if let text = call.text("cursor") {
                    before = AlertID(bytes: try context.cursors.decode(text, listing: listing))
                }
                let found = try await alerts.list(before: before, limit: call.limit + 1)
                let page = found.prefix(call.limit)
                let next = found.count > call.limit ? page.last?.id.bytes : nil
                return .page(
                    page.map(\.json),
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/alerts/{id}",
            id: "getAlert",
            tag: "alerts",
            summary: "Shows an alert and whom it was told, or was to be told.",
            replies: [.json(200, .named("AlertDetail"), "The alert.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                guard let id = AlertID(call.path["id"]), let found = try await alerts.find(id) else {
                    throw Problem.notFound
                }
                guard case .object(let members) = found.alert.json else { throw Problem.notFound }
                return .json(.object(members + [JSONMember("notices", .array(found.notices.map(\.json)))]))
            }
        )
    }

    private var take: Route {
        Route(
            .post,
            "/api/alerts/{id}/take",
            id: "takeAlert",
            tag: "alerts",
            summary: "Says that somebody is at it: the alert goes no further unless it becomes louder.",
            body: .object([.optional("by", .string(length: 1...100), "Who; the key unless given.")]),
            replies: [.json(200, .named("Alert"), "The alert.")],
            problems: [409],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                guard let id = AlertID(call.path["id"]), try await alerts.find(id) != nil else {
                    throw Problem.notFound
                }
                let by = call.body?["by"]?.string ?? scope.principal.description
                guard let taken = try await alerts.take(id, by: by) else {
                    throw Problem(
                        status: 409,
                        code: "alert-over",
                        title: "The alert is over.",
                        detail: "Its incident has ended: there is nothing to take."
                    )
                }
                return .json(taken.json)
            }
        )
    }

    private var channels: Route {
        Route(
            .get,
            "/api/alerts/channels",
            id: "listAlertChannels",
            tag: "alerts",
            summary: "Lists the channels of the configuration, in the order in which they are told.",
            replies: [.json(200, .list(of: "AlertChannel"), "The channels.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                let sorted = alerts.channels.sorted { ($0.after, $0.name) < ($1.after, $1.name) }
                return .page(sorted.map(\.json), nextCursor: nil)
            }
        )
    }

    private var test: Route {
        Route(
            .post,
            "/api/alerts/channels/{name}/test",
            id: "testAlertChannel",
            tag: "alerts",
            summary: "Sends a message that says it is a test, and tells how it went.",
            replies: [.json(200, .named("AlertTest"), "How it went.")],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                guard let name = ResourceName(call.path["name"]), let end = await alerts.test(name) else {
                    throw Problem.notFound
                }
                let (isSent, meaning): (Bool, String) =
                    switch end {
                    case .sent: (true, "It was sent.")
                    case .failed(let reason): (false, "It was not sent: \(reason).")
                    case .refused(let reason): (false, "It cannot be sent: \(reason).")
                    case .passed(let reason): (false, "It was not sent: \(reason).")
                    }
                return .json([
                    "channel": .string(name.text), "sent": .bool(isSent), "meaning": .string(meaning),
                ])
            }
        )
    }

    // MARK: Silences

    private var listSilences: Route {
        Route(
            .get,
            "/api/alerts/silences",
            id: "listSilences",
            tag: "alerts",
            summary: "Lists the silences that are not over.",
            replies: [.json(200, .list(of: "Silence"), "The silences.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                return .page(try await alerts.silences().map(\.json), nextCursor: nil)
            }
        )
    }

    private var silence: Route {
        Route(
            .post,
            "/api/alerts/silences",
            id: "silenceAlerts",
            tag: "alerts",
            summary:
                "Keeps alerts back for a while; they are recorded, and the loudest are sent all the same.",
            body: .object([
                .optional(
                    "subject",
                    .string(length: 1...100),
                    "`integration NAME`, `source NAME` or `destination NAME`; everything unless given."
                ),
                .required(
                    "for_seconds",
                    .integer(1...AlertSilence.durationMax.components.seconds),
                    "For how long."
                ),
                .optional("covers_critical", .boolean, "Whether the loudest are kept back too."),
                .required("reason", .string(length: 3...Self.reasonMax), "Why."),
            ]),
            replies: [.json(201, .named("Silence"), "The silence.")],
            problems: [409, 422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                let now = context.time.now()
                let subject = try body["subject"]?.string.map(subject)
                guard let seconds = body["for_seconds"]?.int64,
                    let silence = AlertSilence(
                        subject: subject,
                        coversCritical: body["covers_critical"] == .bool(true),
                        from: now,
                        until: now + .seconds(seconds)
                    )
                else { throw Problem.badRequest("invalid-silence", "Say for how many seconds.") }
                let stored = try await alerts.silence(
                    silence,
                    reason: body["reason"]?.string ?? "",
                    by: scope.principal.description
                )
                guard let stored else {
                    throw Problem(
                        status: 409,
                        code: "too-many",
                        title: "There are too many.",
                        detail: "There are \(AlertSilence.countMax) silences already: end one first."
                    )
                }
                return .json(stored.json, status: 201)
            }
        )
    }

    private var endSilence: Route {
        Route(
            .delete,
            "/api/alerts/silences/{id}",
            id: "endSilence",
            tag: "alerts",
            summary: "Ends a silence before its time.",
            replies: [.empty(204, "Alerts are sent again.")],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                guard let id = AlertSilenceID(call.path["id"]), try await alerts.endSilence(id) else {
                    throw Problem.notFound
                }
                return APIResponse(status: 204)
            }
        )
    }

    private func subject(_ text: String) throws -> IncidentSubject {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, let subject = IncidentSubject(kind: words[0], name: words[1]) else {
            throw Problem.badRequest(
                "invalid-subject",
                "Write the subject as `integration NAME`, `source NAME` or `destination NAME`."
            )
        }
        return subject
    }
}

extension StoredAlert {
    /// The alert as the API shows it.
    var json: JSONValue {
        [
            "id": .string("\(id)"),
            "incident": .string("\(incident)"),
            "subject": .string("\(subject)"),
            "stage": .string(course.stage.rawValue),
            "level": .string(course.level.rawValue),
            "summary": .string(summary),
            "weddings": .array(meanings.map { .string($0) }),
            "next_item_at": .instant(nextItemAt),
            "steps_told": .integer(course.told),
            "reminders": .integer(course.reminders),
            "began_at": .instant(beganAt),
            "ended_at": .instant(endedAt),
            "taken_by": .text(takenBy),
        ]
    }
}

extension AlertNotice {
    /// The notice as the API shows it.
    fileprivate var json: JSONValue {
        [
            "channel": .string(channel.text),
            "occasion": .string(occasion.rawValue),
            "level": .string(level.rawValue),
            "state": .string(state.rawValue),
            "since": .instant(since),
            "tries": .integer(tries),
            "next_try_at": .instant(dueAt),
            "ended_at": .instant(endedAt),
            "error": .text(error),
        ]
    }
}

extension AlertChannel {
    /// The channel as the API shows it: without what is secret.
    fileprivate var json: JSONValue {
        let to: [String] =
            switch kind {
            case .email(let to, _), .sms(let to, _): to
            case .webhook, .slack, .push: []
            }
        return [
            "name": .string(name.text),
            "type": .string(kindName),
            "level": .string(from.rawValue),
            "after_minutes": .integer(Int(after.components.seconds / 60)),
            "to": .array(to.map { .string($0) }),
        ]
    }
}

extension StoredSilence {
    /// The silence as the API shows it.
    fileprivate var json: JSONValue {
        [
            "id": .string("\(id)"),
            "subject": .text(silence.subject.map { "\($0)" }),
            "covers_critical": .bool(silence.coversCritical),
            "from": .instant(silence.from),
            "until": .instant(silence.until),
            "reason": .string(reason),
            "by": .string(by),
        ]
    }
}
