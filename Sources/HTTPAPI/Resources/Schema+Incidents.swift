import Domain
import Health
import Resilience

extension SchemaCatalogue {
    /// The shapes of incidents and health reports.
    static let incidentSchemas: [(name: String, schema: Schema)] = [
        (
            "Incident",
            .object([
                .required("id", .text, "Its id."),
                .required("about", .choice(["integration", "source", "destination"]), "What it is about."),
                .required("name", .text, "Its name."),
                .required("vendor", .optionalText, "Whose it is; null is the platform's."),
                .required("state", .choice(HealthState.allCases.map(\.rawValue)), "How it does now."),
                .required("worst", .choice(HealthState.allCases.map(\.rawValue)), "How it did at worst."),
                .required("level", .choice(ImpactLevel.allCases.map(\.rawValue)), "The most it means."),
                .required("opened_at", .instant, "When it began."),
                .required("closed_at", .optionalInstant, "When it ended."),
                .required("summary", .text, "In a sentence."),
                .required("impacts", .array(.named("IncidentImpact")), "What it means, worst first."),
                .optional("entries", .array(.named("IncidentEntry")), "Its record, oldest first."),
            ])
        ),
        (
            "IncidentEntry",
            .object([
                .required("at", .instant, "When."),
                .required("kind", .choice(IncidentEntry.Kind.allCases.map(\.rawValue)), "What."),
                .required("text", .text, "In words."),
            ])
        ),
        (
            "IncidentImpact",
            .object([
                .required("wedding", .text, "Which wedding."),
                .required("title", .text, "What people call it."),
                .required("phase", .text, "Where it stands."),
                .required("capability", .optionalText, "What does not work; null is webhooks."),
                .required("fallback", .optionalText, "Who does it instead."),
                .required("next_item", .optionalText, "The next item of its timeline."),
                .required("next_at", .optionalInstant, "When that begins."),
                .required("level", .choice(ImpactLevel.allCases.map(\.rawValue)), "How much it means."),
                .required("reason", .text, "Why."),
            ])
        ),
        (
            "IntegrationFigures",
            .object([
                .required("integration", .name, "Which."),
                .required("provider", .text, "Whose API it is."),
                .required("total", .named("HealthFigures"), "Over the whole time."),
                .required("windows", .array(.named("HealthFigures")), "Window by window."),
            ])
        ),
        (
            "HealthFigures",
            .object([
                .required("start", .instant, "When the window begins."),
                .required("attempts", .count, "Requests that were sent."),
                .required("failures", .count, "Those that failed by the provider's fault."),
                .required("slow", .count, "Those that were answered too late."),
                .required("limited", .count, "Those that were refused because too much was asked."),
                .required("error_rate", .nullable(.number), "The share that failed."),
                .required("p50_ms", .nullable(.number), "The median time to an answer."),
                .required("p95_ms", .nullable(.number), "95 % of the answers came within this."),
                .required("p99_ms", .nullable(.number), "99 % of the answers came within this."),
                .required(
                    "uptime",
                    .nullable(.number),
                    "The part of the known time in which it was not down."
                ),
                .required("seconds", .any, "Seconds in each state."),
            ])
        ),
        (
            "HealthHistory",
            .object([
                .required("since", .instant, "From when."),
                .required("until", .instant, "To when."),
                .required("window", .choice(["minute", "hour", "day"]), "How long a window is."),
                .required("integrations", .array(.named("IntegrationFigures")), "Each integration."),
                .required("incidents", .array(.named("Incident")), "What went on meanwhile, newest first."),
            ])
        ),
    ]
}
