package import Domain

extension Listing {
    /// Integrations.
    package static let integrations = Listing(
        [
            .init("name"), .init("provider"), .init("state"), .init("vendor"), .init("owner"),
            .init("base URL"),
        ],
        empty:
            "There are no integrations yet: describe one in usher.yaml and run `usher apply -f usher.yaml`."
    ) {
        [
            $0.word("name"), $0.word("provider"), $0.integrationState, $0.word("vendor"), $0.word("owner"),
            $0.word("base_url"),
        ]
    }

    /// Routes.
    package static let routes = Listing(
        [
            .init("capability"), .init("order"), .init("serving"), .init("strategy"), .init("owner"),
        ],
        empty: "There are no routes."
    ) {
        [
            $0.word("capability"), $0.words("order"), $0.words("serving"), $0.word("strategy"),
            $0.word("owner"),
        ]
    }

    /// The members of one object, each on a line of its own.
    package static let members = Listing(
        [.init("field"), .init("value")],
        empty: "There is nothing to show."
    ) { [$0.word("field"), $0.word("value")] }

    /// The members of an object as `members` lists them.
    package static func members(of object: JSONValue) -> [JSONValue] {
        (object.object ?? []).map { member in
            let fields = member.value.object?.map(\.name).joined(separator: " ")
            let items = member.value.array?.compactMap(\.string).joined(separator: " ")
            let text = member.name == "credential" ? fields : items
            return ["field": .string(member.name), "value": text.map { .string($0) } ?? member.value]
        }
    }
}

extension JSONValue {
    fileprivate var integrationState: String {
        if self["enabled"]?.bool == false { return "off" }
        return self["needs_consent"]?.object == nil ? "on" : "needs consent"
    }
}
