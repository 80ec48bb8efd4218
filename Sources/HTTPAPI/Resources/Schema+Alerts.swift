import Health

extension SchemaCatalogue {
    /// The shapes of alerts, silences, channels and browsers.
    static let alertSchemas: [(name: String, schema: Schema)] = [
        ("Alert", .object(alertProperties)),
        (
            "AlertDetail",
            .object(
                alertProperties + [.required("notices", .array(.named("AlertNotice")), "Whom it was told.")]
            )
        ),
        (
            "AlertNotice",
            .object([
                .required("channel", .name, "Through what."),
                .required("occasion", .choice(AlertCourse.Occasion.allCases.map(\.rawValue)), "Why."),
                .required("level", .choice(AlertLevel.allCases.map(\.rawValue)), "How loud it was."),
                .required("state", .choice(AlertNotice.State.allCases.map(\.rawValue)), "Where it stands."),
                .required("since", .instant, "Since when it waits, or waited."),
                .required("tries", .count, "How often it was tried."),
                .required("next_try_at", .nullable(.instant), "When it is tried next."),
                .required("ended_at", .nullable(.instant), "When it was sent, kept back or given up."),
                .required("error", .nullable(.text), "What went wrong last."),
            ])
        ),
        (
            "AlertChannel",
            .object([
                .required("name", .name, "Its name."),
                .required("type", .choice(["webhook", "slack", "email", "sms", "push"]), "Its kind."),
                .required(
                    "level",
                    .choice(AlertLevel.allCases.map(\.rawValue)),
                    "Quieter alerts do not come."
                ),
                .required("after_minutes", .count, "When it is told, on a calm day."),
                .required("to", .array(.text), "Addresses or numbers."),
            ])
        ),
        (
            "AlertTest",
            .object([
                .required("channel", .name, "Which."),
                .required("sent", .boolean, "Whether it was sent."),
                .required("meaning", .text, "How it went, in words."),
            ])
        ),
        (
            "Silence",
            .object([
                .required("id", .text, "Its id."),
                .required("subject", .nullable(.text), "What it is about; null is everything."),
                .required("covers_critical", .boolean, "Whether the loudest are kept back too."),
                .required("from", .instant, "When it began."),
                .required("until", .instant, "When it ends."),
                .required("reason", .text, "Why."),
                .required("by", .text, "Who made it."),
            ])
        ),
        ("PushKey", .object([.required("key", .text, "The public key, uncompressed, base64url.")])),
        (
            "PushSubscription",
            .object([
                .required("id", .text, "Its id."),
                .required("label", .text, "What people call it."),
                .required("by", .text, "Who subscribed it."),
                .required("created_at", .instant, "Since when."),
            ])
        ),
    ]

    private static let alertProperties: [Schema.Property] = [
        .required("id", .text, "Its id."),
        .required("incident", .text, "The incident it is about."),
        .required("subject", .text, "What the incident is about."),
        .required("stage", .choice(AlertCourse.Stage.allCases.map(\.rawValue)), "Where it stands."),
        .required("level", .choice(AlertLevel.allCases.map(\.rawValue)), "How loud it is."),
        .required("summary", .text, "The incident in a sentence."),
        .required("weddings", .array(.text), "What it means to weddings, worst first."),
        .required("next_item_at", .nullable(.instant), "The next timeline item of the weddings concerned."),
        .required("steps_told", .count, "How far it has gone."),
        .required("reminders", .count, "How often the last step was reminded."),
        .required("began_at", .instant, "When it began."),
        .required("ended_at", .nullable(.instant), "When it was over."),
        .required("taken_by", .nullable(.text), "Who is at it."),
    ]
}
