import Domain

extension Listing {
    /// Weddings.
    package static let weddings = Listing(
        [
            .init("date"), .init("wedding"), .init("title"), .init("zone"), .init("phase"),
            .init("next item"),
            .init("in minutes", .right),
        ],
        empty:
            "There are no such weddings: add one with `usher weddings add`, or `usher weddings import FILE`."
    ) {
        [
            $0.word("date"), $0.word("id"), $0.word("title"), $0.word("zone"), $0.word("phase"),
            $0.word("next_item"), $0.word("minutes_to_next_item"),
        ]
    }

    /// The items of a timeline.
    package static let timeline = Listing(
        [.init("begins"), .init("ends"), .init("item"), .init("vendor")],
        empty: "The timeline is empty."
    ) { [$0.time("starts_at"), $0.time("ends_at"), $0.word("name"), $0.word("vendor")] }

    /// Vendors.
    package static let vendors = Listing(
        [.init("name"), .init("title"), .init("email"), .init("phone")],
        empty: "There are no vendors yet: add one with `usher vendors add NAME`."
    ) { [$0.word("name"), $0.word("title"), $0.word("email"), $0.word("phone")] }
}
