import Domain
import Providers
import Resilience

extension SchemaCatalogue {
    /// The shapes of failovers, budgets and tests of integrations.
    static let failoverSchemas: [(name: String, schema: Schema)] = [
        ("Failover", .object(failoverProperties)),
        (
            "Limit",
            .object([
                .required("name", .text, "Its name."),
                .required("kind", .nullable(.named("LimitKind")), "What is documented or configured."),
                .required("believed", .named("LimitKind"), "What is believed now."),
                .required("learned", .boolean, "Whether answers have changed what is believed."),
                .required("used", .count, "What is in use now."),
                .required("of", .count, "Of how much."),
                .required("used_part", .number, "The used part, 0 to 1."),
                .required("reserved", .count, "Calls held for weddings."),
                .required("wait_seconds", .number, "How long a normal call would wait for it now."),
            ])
        ),
        (
            "LimitKind",
            .object([
                .required("kind", .choice(["bucket", "window", "in_flight"]), "What sort of limit."),
                .optional("per_second", .number, "Of a bucket: how fast it fills."),
                .optional("burst", .count, "Of a bucket: how much it holds."),
                .optional("count", .count, "Of a window: calls in each."),
                .optional("window_seconds", .number, "Of a window: its length."),
                .optional("in_flight", .count, "Requests at a time."),
            ])
        ),
        (
            "Budget",
            .object([
                .required("integration", .name, "Whose."),
                .required("provider", .text, "Whose API it is."),
                .required("waiting", .count, "Calls that wait for it."),
                .required("limits", .array(.named("Limit")), "Its limits."),
            ])
        ),
        ("Reservation", .object(reservationProperties)),
        (
            "BudgetForecast",
            .object([
                .required("integration", .name, "Whose."),
                .required("hours", .count, "How far ahead."),
                .required("limits", .array(.named("LimitForecast")), "Its limits."),
            ])
        ),
        ("LimitForecast", .object(forecastProperties)),
        (
            "IntegrationTest",
            .object([
                .required("integration", .name, "Which."),
                .required("good", .boolean, "Whether it answers and accepts the credential."),
                .required("status", .nullable(.count), "The answer's status."),
                .required("latency_ms", .nullable(.number), "How long the answer took."),
                .required("meaning", .text, "What it means and what to do."),
            ])
        ),
        ("IntegrationHealth", .object(healthProperties)),
        (
            "FailoverPart",
            .object([
                .required("capability", .choice(Capability.allCases.map(\.rawValue)), "Whose calls."),
                .required("from", .optionalText, "Where they go otherwise."),
                .required("to", .optionalText, "Where they go."),
                .required("since", .instant, "Since when."),
            ])
        ),
    ]

    private static let failoverProperties: [Schema.Property] = [
        .required("id", .text, "Its id."),
        .required("capability", .choice(Capability.allCases.map(\.rawValue)), "Whose calls."),
        .required("from", .optionalText, "Where they go otherwise."),
        .required("to", .optionalText, "Where they went; null when that was removed."),
        .required("why", .text, "Why."),
        .required("by", .text, "Who asked for it; `usher` for its own."),
        .required("automatic", .boolean, "Whether Usher did it by itself."),
        .required("since", .instant, "Since when."),
        .required("until", .optionalInstant, "When it ends by itself."),
        .required("ended_at", .optionalInstant, "When it ended."),
        .required(
            "affected_weddings",
            .array(.text),
            "Weddings with such calls while it held, or on their eve or day then."
        ),
        .required("way_back", .text, "How it ends, in words."),
    ]

    private static let reservationProperties: [Schema.Property] = [
        .required("id", .text, "Its id."),
        .required("integration", .name, "Whose limit."),
        .required("limit", .text, "Which limit."),
        .required("wedding", .text, "Whose calls may use it."),
        .required("quota", .count, "How many calls."),
        .required("from", .instant, "When it begins."),
        .required("to", .instant, "When it is over."),
        .required("by", .text, "Who asked for it."),
        .required("created_at", .instant, "When it was made."),
    ]

    private static let forecastProperties: [Schema.Property] = [
        .required("limit", .text, "Which."),
        .required("usual_per_hour", .nullable(.number), "Usual calls an hour now; null while not known."),
        .required("usual", .nullable(.number), "Usual calls in that time."),
        .required("reserved", .nullable(.number), "Calls held for weddings in that time."),
        .required("capacity", .nullable(.number), "What the limit lets through in that time."),
        .required("left", .nullable(.number), "What is left over; negative when it does not reach."),
        .required("runs_out_at", .optionalInstant, "When it runs out; null is not in that time."),
        .required("text", .text, "The same in words."),
    ]

    private static let healthProperties: [Schema.Property] = [
        .required("name", .name, "The name."),
        .required("provider", .text, "Whose API it is."),
        .required(
            "state",
            .choice(IntegrationHealth.State.allCases.map(\.rawValue) + ["off"]),
            "By its calls or by the monitor, the worse of the two, in one word."
        ),
        .required("text", .text, "The same in a sentence."),
        .required(
            "reasons",
            .array(.text),
            "Why the monitor sees it so, what weighs most first; empty before its first look."
        ),
        .required(
            "status_page",
            .nullable(.choice(StatusPageStatement.allCases.map(\.rawValue))),
            "What its provider's status page says; null when that is not read."
        ),
        .required("error_rate", .number, "The share of the latest 30 s that failed, 0 to 1."),
        .required("recent_calls", .count, "Requests of the latest 30 s that tell something."),
        .required("p50_ms", .nullable(.number), "Half of the answers come within this."),
        .required("p95_ms", .nullable(.number), "95 % of the answers come within this."),
        .required("p99_ms", .nullable(.number), "99 % of the answers come within this."),
        .required(
            "breaker",
            .choice(["closed", "ramping", "half_open", "open", "held"]),
            "What its breaker does."
        ),
        .required("in_flight", .count, "Requests on their way."),
        .required("waiting", .count, "Calls that wait for its budget."),
        .required("budget_left", .map(.number), "The part of each limit that is left, by its name."),
        .required("in_doubt", .count, "Its attempts whose end is being found out."),
        .required("held", .count, "Its attempts that wait for a person."),
        .required("failovers", .array(.named("FailoverPart")), "Failovers it has a part in."),
    ]
}
