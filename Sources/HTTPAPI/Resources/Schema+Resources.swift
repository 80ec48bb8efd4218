import Domain
import Providers
import Webhooks

extension Schema {
    static let instant = Schema.string(length: 20...40, format: "date-time")
    static let optionalInstant = Schema.nullable(.instant)
    static let name = Schema.string(length: 1...63)
    static let count = Schema.integer(0...Int64.max)
    static let text = Schema.string()
    static let optionalText = Schema.nullable(.text)

    /// The shape of a listing that is never cut into pages.
    static func list(of name: String) -> Schema {
        .object([
            .required("data", .array(.named(name)), "The items, by name."),
            .required("next", .nullable(.text), "Always null: all are here."),
        ])
    }
}

extension SchemaCatalogue {
    /// Every schema with a name.
    static let resources = SchemaCatalogue(
        eventSchemas + deliverySchemas + registrySchemas + healthSchemas + keySchemas
            + weddingSchemas + integrationSchemas + callSchemas + objectSchemas + proxySchemas
            + failoverSchemas + emergencySchemas
            + alertSchemas + incidentSchemas
    )

    private static let eventProperties: [Schema.Property] = [
        .required("id", .text, "The id: the `webhook-id` of every delivery."),
        .required("source", .text, "The source's name."),
        .required("type", .text, "The type."),
        .required("priority", .choice(Priority.allCases.map(\.name)), "How urgent its kind is."),
        .required("provider_event_id", .text, "The provider's own id."),
        .required("received_at", .instant, "When it was received."),
        .required("occurred_at", .optionalInstant, "When it happened, as the provider says."),
        .required("content_type", .optionalText, "The `Content-Type` it came with."),
        .required("body_bytes", .count, "The size of its body."),
        .required("duplicates", .count, "How often it came again."),
        .required("last_duplicate_at", .optionalInstant, "When it last came again."),
        .required("wedding", .optionalText, "The wedding it belongs to."),
        .required("vendor", .optionalText, "The vendor it belongs to."),
    ]

    private static let eventSchemas: [(name: String, schema: Schema)] = [
        ("Event", .object(eventProperties)),
        (
            "EventDetail",
            .object(
                eventProperties + [
                    .required(
                        "deliveries",
                        .array(.named("DeliveryDetail")),
                        "Its deliveries, replays included."
                    ),
                    .optional("payload", .any, "Its body when that is JSON; null when it has been dropped."),
                    .optional(
                        "payload_base64",
                        .text,
                        "Its body, when that is not JSON or was asked for so."
                    ),
                    .optional("payload_gone", .text, "Why there is no body any more."),
                ]
            )
        ),
        (
            "Explanation",
            .object([
                .required("event", .named("Event"), "The event."),
                .required(
                    "lines",
                    .array(
                        .object([
                            .required("at", .optionalInstant, "When; null for what is so now."),
                            .required("text", .text, "What."),
                        ])
                    ),
                    "What happened, in order."
                ),
            ])
        ),
    ]

    private static let deliveryProperties: [Schema.Property] = [
        .required("id", .text, "The id."),
        .required("event", .text, "The event's id."),
        .required("event_type", .text, "The event's type."),
        .required("destination", .text, "The destination's name."),
        .required("state", .choice(DeliveryState.allCases.map(\.name)), "What has become of it."),
        .required("attempts", .count, "Tries made."),
        .required("priority", .choice(Priority.allCases.map(\.name)), "How urgent it is."),
        .required("deadline", .instant, "By when it should have arrived."),
        .required("created_at", .instant, "When it was queued."),
        .required("finished_at", .optionalInstant, "When it ended."),
        .required("due_at", .optionalInstant, "When it is tried again."),
        .required("error", .optionalText, "Why it was given up."),
        .required("replay", .optionalText, "The replay that queued it."),
    ]

    private static let deliverySchemas: [(name: String, schema: Schema)] = [
        ("Delivery", .object(deliveryProperties)),
        (
            "DeliveryDetail",
            .object(
                deliveryProperties + [.required("tries", .array(.named("Try")), "Its tries, oldest first.")]
            )
        ),
        (
            "Try",
            .object([
                .required("started_at", .instant, "When it began."),
                .required("duration_ms", .count, "How long it took."),
                .required("standby", .boolean, "Whether it went to the standby URL."),
                .required("status", .nullable(.integer(100...999)), "The answer's status."),
                .required("error", .optionalText, "Why there was no answer."),
            ])
        ),
        (
            "Replay",
            .object([
                .required("id", .text, "The id."),
                .required("summary", .text, "What is replayed."),
                .required("requested_by", .text, "The key that asked."),
                .required("created_at", .instant, "When it was asked for."),
                .required("finished_at", .optionalInstant, "When everything was queued."),
                .required("matched", .count, "What matched so far."),
                .required("queued", .count, "Deliveries queued so far."),
                .required("progress", .number, "How far it has come, 0 to 1."),
                .required("cancelled", .boolean, "Whether it was stopped."),
            ])
        ),
        (
            "ReplayPreview",
            .object([
                .required("matched", .count, "What matches now."),
                .required("deliveries", .count, "Deliveries that would be queued."),
                .required("dry_run", .boolean, "Always true."),
            ])
        ),
    ]

    private static let secretSchema = Schema.array(
        .object([
            .required("id", .count, "Its number."), .required("created_at", .instant, "When it was stored."),
        ])
    )

    private static let stopSchema = Schema.nullable(
        .object([.required("since", .instant, "Since when."), .required("reason", .text, "Why.")])
    )

    private static let retentionSchema = Schema.object([
        .required("bodies_days", .count, "How many days bodies are kept."),
        .required("fields_days", .count, "How many days everything else is kept."),
    ])

    private static let registrySchemas: [(name: String, schema: Schema)] = [
        (
            "Source",
            .object([
                .required("name", .name, "The name."), .required("provider", .name, "The provider."),
                .required("settings", .any, "The provider's own settings."),
                .required("enabled", .boolean, "Whether webhooks are taken in."),
                .required("body_bytes_max", .count, "The largest body."),
                .required("rate_per_second", .nullable(.number), "The most webhooks a second."),
                .required("vendor", .nullable(.name), "The vendor it belongs to."),
                .required(
                    "allow_from",
                    .array(.text),
                    "The only addresses it is sent to from; empty is all."
                ),
                .required("retention", retentionSchema, "How long what it has sent is kept."),
                .required("owner", .choice(["file", "api"]), "Who may change it."),
                .required("secrets", secretSchema, "Its secrets; never their texts."),
                .required("url", .text, "Where the provider sends to."),
                .required("created_at", .instant, "When it was made."),
                .required("updated_at", .instant, "When it was changed."),
            ])
        ),
        (
            "Destination",
            .object([
                .required("name", .name, "The name."), .required("url", .text, "Where deliveries go."),
                .required("standby_url", .optionalText, "The second URL."),
                .required("events", .array(.text), "The patterns of event types."),
                .required("sources", .array(.name), "The sources it wants; empty is all."),
                .required("enabled", .boolean, "Whether deliveries are made."),
                .required("allow_private", .boolean, "Whether private addresses are allowed."),
                .required("concurrency", .count, "The most deliveries in flight."),
                .required("rate_per_second", .nullable(.number), "The most deliveries a second."),
                .required("timeout_seconds", .number, "How long an attempt may take."),
                .required("attempts_max", .count, "The most attempts."),
                .required("vendor", .nullable(.name), "The vendor it belongs to."),
                .required("owner", .choice(["file", "api"]), "Who may change it."),
                .required("secrets", secretSchema, "Its secrets; never their texts."),
                .required("stopped", stopSchema, "Why nothing is sent since a 410; null otherwise."),
                .required("created_at", .instant, "When it was made."),
                .required("updated_at", .instant, "When it was changed."),
            ])
        ),
        (
            "Retention",
            .object([
                .required("source", .name, "The source."),
                .required("retention", retentionSchema, "How long what it has sent is kept."),
                .required("oldest_body_on", .optionalText, "The oldest UTC day whose bodies can be read."),
                .required("oldest_event_at", .optionalInstant, "When its oldest event was received."),
                .required("next_drop_at", .optionalInstant, "When the bodies of that day are dropped."),
            ])
        ),
        (
            "Plan",
            .object([
                .required(
                    "changes",
                    .array(.object([.required("summary", .text, "The change, in words.")])),
                    "The changes, in order."
                )
            ])
        ),
    ]

    private static let errorSchema = Schema.nullable(
        .object([.required("code", .text, "What."), .required("at", .instant, "When.")])
    )

    private static let stateSchema = Schema.choice(["ok", "degraded", "down", "stopped"])

    private static let quietSchema = Schema.nullable(
        .object([
            .required("since", .instant, "When the last one came."),
            .required("expected", .number, "How many should have come since."),
            .required("text", .text, "The same in words."),
        ])
    )

    private static let healthSchemas: [(name: String, schema: Schema)] = [
        (
            "Status",
            .object([
                .required("status", .text, "In one word."), .optional("reason", .text, "Why not."),
            ])
        ),
        (
            "Health",
            .object([
                .required("status", .choice(["ok", "degraded", "down"]), "In one word."),
                .required("at", .instant, "When this was so."),
                .required("sources", .array(.named("SourceHealth")), "How every source does."),
                .required("destinations", .array(.named("DestinationHealth")), "How every destination does."),
                .required("integrations", .array(.named("IntegrationHealth")), "How every integration does."),
                .required(
                    "unserved",
                    .array(.choice(Capability.allCases.map(\.rawValue))),
                    "Capabilities that have integrations, none of which can be used."
                ),
            ])
        ),
        (
            "SourceHealth",
            .object([
                .required("name", .name, "The name."), .required("provider", .name, "The provider."),
                .required("state", stateSchema, "In one word."),
                .required("stored_last_hour", .count, "New events."),
                .required("duplicates_last_hour", .count, "Repeats."),
                .required("refused_last_hour", .count, "Refused ones."),
                .required("blocked_last_hour", .count, "Ones from addresses that are not allowed."),
                .required("busy_last_hour", .count, "Ones answered 503."),
                .required("last_event_at", .optionalInstant, "The last verified one."),
                .required(
                    "usual_per_hour",
                    .nullable(.number),
                    "How many usually come in an hour at this time of the week; null while that is not known."
                ),
                .required("quiet", quietSchema, "The silence that chance does not explain; null otherwise."),
                .required("last_error", errorSchema, "The latest refusal."),
            ])
        ),
        (
            "DestinationHealth",
            .object([
                .required("name", .name, "The name."), .required("url", .text, "The URL."),
                .required("state", stateSchema, "In one word."),
                .required("backlog", .count, "Deliveries waiting or on their way."),
                .required("oldest_waiting_since", .optionalInstant, "When the oldest was queued."),
                .required("in_flight", .count, "Deliveries on their way."),
                .required("delivered_last_hour", .count, "Those that arrived."),
                .required("failed_last_hour", .count, "Tries that failed."),
                .required("dead_last_hour", .count, "Those given up."),
                .required("last_delivered_at", .optionalInstant, "The last that arrived."),
                .required("last_error", errorSchema, "The latest failure."),
                .required("paused_seconds", .nullable(.number), "How long its breaker stays open."),
                .required("stopped", stopSchema, "Why nothing is sent since a 410; null otherwise."),
            ])
        ),
    ]

    private static let keyProperties: [Schema.Property] = [
        .required("id", .text, "The id."), .required("label", .text, "What people call it."),
        .required("principal", .text, "`platform` or `vendor:NAME`."),
        .required("level", .choice(["read", "write", "admin"]), "What it may do."),
        .required("created_at", .instant, "When it was made."),
        .required("expires_at", .optionalInstant, "From when on it is refused."),
        .required("last_used_at", .optionalInstant, "When it was last used, up to a minute late."),
        .required("revoked_at", .optionalInstant, "When it was revoked."),
    ]

    private static let keySchemas: [(name: String, schema: Schema)] = [
        ("Key", .object(keyProperties)),
        ("NewKey", .object(keyProperties + [.required("key", .text, "Its text: shown this once.")])),
    ]
}
