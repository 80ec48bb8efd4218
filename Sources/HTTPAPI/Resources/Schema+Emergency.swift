import Domain
import Health

extension SchemaCatalogue {
    /// The shapes of readiness and emergency mode.
    static let emergencySchemas: [(name: String, schema: Schema)] = [
        (
            "Readiness",
            .object([
                .required("wedding", .text, "Which."),
                .required("title", .text, "What people call it."),
                .required("date", .string(length: 10...10, format: "date"), "Its date, in its own zone."),
                .required("phase", .choice(Phase.allCases.map(\.name)), "Where it stands now."),
                .required("score", .integer(0...100), "The points of all parts."),
                .required("parts", .array(.named("ReadinessPart")), "The parts."),
            ])
        ),
        (
            "ReadinessPart",
            .object([
                .required("part", .choice(Readiness.Part.allCases.map(\.rawValue)), "Which."),
                .required("points", .count, "Its points."),
                .required("of", .count, "Of how many."),
                .required("reason", .text, "Why."),
                .required("raise", .array(.text), "What would give more points, one step each."),
            ])
        ),
        (
            "Emergency",
            .object([
                .required("on", .boolean, "Whether it is on."),
                .required("by", .optionalText, "Who turned it on; `usher` when it was itself."),
                .required("since", .optionalInstant, "Since when."),
                .required("ends_at", .optionalInstant, "When it ends at the latest."),
                .required("reasons", .array(.text), "Why it is on."),
                .required("weddings", .array(.text), "The weddings it is for."),
                .required("incidents", .array(.text), "The incidents whose records it writes to."),
                .required("history", .array(.named("EmergencyRecord")), "Its latest times, newest first."),
            ])
        ),
        (
            "EmergencyRecord",
            .object([
                .required("number", .count, "Its number."),
                .required("since", .instant, "When it began."),
                .required("ended_at", .optionalInstant, "When it ended."),
                .required("end", .optionalText, "Why it ended: recovered, bound, order_ended, called_off."),
                .required(
                    "steps",
                    .array(
                        .object([
                            .required("at", .instant, "When."), .required("text", .text, "What was done."),
                        ])
                    ),
                    "What was done, oldest first."
                ),
            ])
        ),
    ]
}
