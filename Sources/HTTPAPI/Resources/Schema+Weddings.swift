import Domain
import Registry

extension SchemaCatalogue {
    private static let weddingProperties: [Schema.Property] = [
        .required("id", .text, "Its id in your own system."),
        .required("title", .text, "What people call it."),
        .required("date", .string(length: 10...10, format: "date"), "Its date, in its own zone."),
        .required("zone", .text, "Its IANA time zone."),
        .required(
            "vendors",
            .array(
                .object([.required("vendor", .name, "The vendor."), .required("role", .name, "As what.")])
            ),
            "Who works it."
        ),
        .required("phase", .choice(Phase.allCases.map(\.name)), "Where it stands now, by its own calendar."),
        .required("next_turn_at", .optionalInstant, "When priorities can next change."),
        .required("next_item", .optionalText, "The next item of its timeline."),
        .required("minutes_to_next_item", .nullable(.count), "Whole minutes until it begins, rounded up."),
    ]

    /// The shapes of weddings, vendors and references.
    static let weddingSchemas: [(name: String, schema: Schema)] = [
        ("Wedding", .object(weddingProperties)),
        (
            "WeddingDetail",
            .object(
                weddingProperties + [
                    .required("timeline", .array(.named("TimelineItem")), "Its timeline, by begin."),
                    .required(
                        "deliveries_waiting",
                        .nullable(.count),
                        "Deliveries that wait; null for vendors."
                    ),
                    .required("dead_letters", .nullable(.count), "Deliveries given up; null for vendors."),
                ]
            )
        ),
        (
            "TimelineItem",
            .object([
                .required("id", .text, "Its id, unique in the wedding."),
                .required("name", .text, "What people call it."),
                .required("starts_at", .instant, "When it begins."),
                .required("ends_at", .optionalInstant, "When it ends."),
                .required("vendor", .optionalText, "Who is responsible."),
            ])
        ),
        (
            "Vendor",
            .object([
                .required("name", .name, "Its name."),
                .required("title", .text, "What people call it."),
                .required("email", .optionalText, "Its address for mail."),
                .required("phone", .optionalText, "Its telephone number."),
            ])
        ),
        (
            "Reference",
            .object([
                .required("provider", .name, "The provider."),
                .required("kind", .name, "The kind of object."),
                .required("object_id", .text, "The object's id there."),
                .required("vendor", .optionalText, "Whose object it is."),
            ])
        ),
        (
            "WeddingImport",
            .object([
                .required("dry_run", .boolean, "Whether nothing was changed."),
                .required("weddings", .array(.text), "The ids of the weddings."),
                .required("vendors", .array(.text), "The names of the vendors."),
            ])
        ),
    ]
}
