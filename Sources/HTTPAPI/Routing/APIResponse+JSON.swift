package import Domain

extension APIResponse {
    /// A response with a JSON body.
    package static func json(_ value: JSONValue, status: Int = 200) -> APIResponse {
        APIResponse(status: status, contentType: "application/json", body: value.serialized())
    }

    /// One page of a listing: `data`, and `next_cursor`, null on the last page.
    package static func page(_ items: [JSONValue], nextCursor: String?) -> APIResponse {
        json(["data": .array(items), "next_cursor": nextCursor.map { .string($0) } ?? .null])
    }
}

extension Schema {
    /// The shape of `APIResponse.page`, of items of the schema called `name`.
    package static func page(of name: String) -> Schema {
        .object([
            .required("data", .array(.named(name), count: 0...200), "The items, in order."),
            .required(
                "next_cursor",
                .nullable(.string(length: 1...CursorCodec.lengthMax)),
                "Send it as `cursor` for the next page; null on the last."
            ),
        ])
    }
}
