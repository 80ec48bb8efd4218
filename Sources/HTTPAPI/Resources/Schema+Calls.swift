import Calls
import Domain
import Providers

extension SchemaCatalogue {
    private static let callProperties: [Schema.Property] = [
        .required("id", .text, "Its id."),
        .required("state", .choice(CallState.allCases.map(\.name)), "Where it stands."),
        .required("operation", .choice(Operation.allCases.map(\.rawValue)), "What was asked for."),
        .required("wedding", .optionalText, "The wedding it is for."),
        .required("vendor", .optionalText, "The vendor it is for."),
        .required("priority", .choice(Priority.allCases.map(\.name)), "How urgent it is."),
        .required("mode", .choice(["sync", "async"]), "Whether somebody waits."),
        .required("integration", .optionalText, "Where it was done."),
        .required("reference", .optionalText, "What it made, for later operations' `of`."),
        .required("reply", .any, "The normalised reply; null unless it succeeded, and in lists."),
        .required("failure", .nullable(.named("CallFailure")), "Why it was not done."),
        .required("undoes", .optionalText, "The attempt it undoes; null for what was asked for."),
        .required(
            "answered_from",
            .nullable(.named("CallSource")),
            "Whose answer it took; null when it asked the provider itself."
        ),
        .required("created_at", .instant, "When it came."),
        .required("deadline", .instant, "When it is given up if nothing has taken effect."),
        .required("finished_at", .optionalInstant, "When it was over."),
        .required("link", .text, "Where it can be asked for."),
    ]

    /// The shapes of calls.
    static let callSchemas: [(name: String, schema: Schema)] = [
        ("Call", .object(callProperties)),
        (
            "CallDetail",
            .object(
                callProperties + [
                    .required("attempts", .array(.named("CallAttempt")), "Its attempts, oldest first."),
                    .required("explanation", .text, "What happened, in words."),
                    .optional(
                        "raw",
                        .nullable(.named("CallAnswer")),
                        "With `raw=true`: what the provider sent in the attempt that decided; null when it is not kept."
                    ),
                    .required(
                        "copy_back",
                        .nullable(.named("ContentDebt")),
                        "An upload's way back after a failover; null when it went where it belongs."
                    ),
                ]
            )
        ),
        (
            "CallAttempt",
            .object([
                .required("id", .text, "Its id."),
                .required("number", .count, "Its number, from 1."),
                .required("integration", .optionalText, "Where it went."),
                .required("state", .text, "Where it stands."),
                .required("started_at", .instant, "When it began."),
                .required("sent_at", .optionalInstant, "When the request that counts left."),
                .required("ended_at", .optionalInstant, "When it ended."),
                .required("status", .nullable(.count), "The status of its last answer."),
                .required("failure", .nullable(.named("CallFailure")), "Why it did not succeed."),
                .required("reference", .optionalText, "What it made."),
                .required("look_ups", .count, "How often it was tried to find out what became of it."),
            ])
        ),
        (
            "CallFailure",
            .object([
                .required(
                    "kind",
                    .choice(ProviderFailure.Kind.allCases.map(\.rawValue)),
                    "What sort of failure."
                ),
                .required("code", .text, "The provider's own word for it."),
                .required("message", .text, "A sentence for people."),
            ])
        ),
        (
            "CallAnswer",
            .object([
                .required("attempt", .text, "The attempt it belongs to."),
                .required("received_at", .instant, "When it came."),
                .required("status", .count, "Its status."),
                .required(
                    "headers",
                    .array(
                        .object([
                            .required("name", .text, "The name, in lower case."),
                            .required("value", .text, "The value."),
                        ])
                    ),
                    "Its fields, but those that repeat the credential or speak of the connection."
                ),
                .required("body", .text, "Its body, at most 64 KiB of it."),
                .required("encoding", .choice(["utf-8", "base64"]), "How `body` is written."),
                .required("cut", .boolean, "Whether fields or a part of the body were cut off."),
                .required(
                    "withheld",
                    .boolean,
                    "Whether the body is left out, as it repeats the credential."
                ),
            ])
        ),
        (
            "CallSource",
            .object([
                .required("call", .optionalText, "The call that asked; null when it is somebody else's."),
                .required("age_seconds", .count, "How old its answer was."),
            ])
        ),
        (
            "Backfill",
            .object([
                .required("integration", .name, "Whose past it is."),
                .required("provider", .choice(APIProvider.allCases.map(\.rawValue)), "Whose API it is."),
                .required("reads", .choice(["events", "changes"]), "What is read of it."),
                .required("running", .boolean, "Whether it is being read now."),
                .required(
                    "through",
                    .optionalInstant,
                    "Up to when everything is known; null before the first run."
                ),
                .required("last_run_at", .optionalInstant, "When it was last begun."),
                .required(
                    "last_error",
                    .optionalText,
                    "Why the last run did not come through; null when it did."
                ),
                .required("next_run_at", .instant, "When it is read next."),
                .required("found", .count, "How many were listed so far, known ones included."),
                .required("injected", .count, "How many of them were new."),
                .required("note", .optionalText, "Why what is found has nowhere to go; null when it does."),
            ])
        ),
        (
            "Content",
            .object([
                .required("id", .text, "Its id, for `storage.upload`."),
                .required("bytes", .count, "How long it is."),
                .required("content_type", .text, "Its media type."),
                .required("sha256", .text, "Its SHA-256, in hexadecimal digits."),
            ])
        ),
        (
            "CallTarget",
            .object([
                .optional("call", .string(length: 1...64), "The call that made it."),
                .optional("integration", .string(length: 1...63), "Where it lives."),
                .optional("reference", .string(length: 1...512), "What it is, in the words of `reference`."),
            ])
        ),
    ]
}
