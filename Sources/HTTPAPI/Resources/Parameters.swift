/// Query parameters that several operations share.
enum Parameters {
    static let limit = Route.Parameter("limit", .integer(1...200), "How many, at most; 50 unless given.")
    static let cursor = Route.Parameter(
        "cursor",
        .string(length: 1...CursorCodec.lengthMax),
        "Where the page starts: `next` of the page before."
    )
    static let source = Route.Parameter("source", .string(length: 1...63), "Only those of this source.")
    static let destination = Route.Parameter(
        "destination",
        .string(length: 1...63),
        "Only those to this destination."
    )
    static let type = Route.Parameter(
        "type",
        .string(length: 1...128),
        "Only events of this type; `charge.*` means all that start with `charge.`."
    )
    static let search = Route.Parameter(
        "q",
        .string(length: 1...255),
        "Only events found by this: the id of an event or a delivery, the provider's id, a type or `charge.*`, or an "
            + "e-mail address, phone number or id that stood in the event."
    )
    static let since = Route.Parameter(
        "since",
        .string(length: 1...40, format: "date-time"),
        "Only what was received at or after this instant."
    )
    static let until = Route.Parameter(
        "until",
        .string(length: 1...40, format: "date-time"),
        "Only what was received before this instant."
    )
}
