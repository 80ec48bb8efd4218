import Domain
import Providers
import Registry

extension SchemaCatalogue {
    /// The shapes of integrations and routes.
    static let integrationSchemas: [(name: String, schema: Schema)] = [
        (
            "Integration",
            .object([
                .required("name", .name, "The name."),
                .required("provider", .choice(APIProvider.allCases.map(\.rawValue)), "Whose API it is."),
                .required("title", .text, "The provider's name for people."),
                .required(
                    "credential",
                    .map(.choice(["set"])),
                    "The fields that are set; never their values."
                ),
                .required("base_url", .optionalText, "Where the API is; null is the provider's own place."),
                .required("allow_private", .boolean, "Whether private addresses are allowed."),
                .required("enabled", .boolean, "Whether calls are made with it."),
                .required("vendor", .nullable(.name), "The vendor it belongs to; null is the platform."),
                .required("limits", .map(.any), "This account's own limits, by the limit's name."),
                .required("settings", .any, "The provider's own settings."),
                .required(
                    "operations",
                    .array(.choice(Operation.allCases.map(\.rawValue))),
                    "What it can do."
                ),
                .required(
                    "needs_consent",
                    .nullable(
                        .object([
                            .required("since", .instant, "Since when."), .required("reason", .text, "Why."),
                        ])
                    ),
                    "Why a person must consent before it works; null when nobody must."
                ),
                .required("owner", .choice(["file", "api"]), "Who may change it."),
                .required("created_at", .instant, "When it was made."),
                .required("updated_at", .instant, "When it was changed."),
            ])
        ),
        (
            "Route",
            .object([
                .required("capability", .choice(Capability.allCases.map(\.rawValue)), "What it is for."),
                .required("order", .array(.name), "Its integrations, best first."),
                .required("serving", .array(.name), "Those of them that are enabled."),
                .required(
                    "strategy",
                    .choice(FailoverStrategy.allCases.map(\.rawValue)),
                    "How calls move on."
                ),
                .required(
                    "owner",
                    .nullable(.choice(["file", "api"])),
                    "Who may change it; null is nobody yet."
                ),
                .required("updated_at", .optionalInstant, "When it was changed; null for a default."),
            ])
        ),
        ("Consent", .object([.required("url", .text, "Where to send the person's browser.")])),
    ]
}
