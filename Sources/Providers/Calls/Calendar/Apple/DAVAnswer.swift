import Domain

/// A multistatus answer (RFC 4918 section 13), read.
struct DAVAnswer {
    /// What is said of one resource.
    struct Response {
        /// Where it is, as the server writes it.
        let href: String
        /// The status of the resource as a whole; nil when its properties have their own.
        let status: Int?
        /// The properties that were found.
        let properties: [XMLElement]

        /// A property that was found.
        func property(_ namespace: String, _ name: String) -> XMLElement? {
            properties.first { $0.namespace == namespace && $0.name == name }
        }
    }

    /// The resources, in order.
    let responses: [Response]
    /// The new sync token; nil when there is none.
    let syncToken: String?

    /// Reads an answer of status 207; nil for anything else.
    init?(_ answer: ProviderAnswer) {
        guard answer.status == 207, let root = XMLReader.read(answer.body), root.namespace == DAVRequests.dav,
            root.name == "multistatus"
        else { return nil }
        responses = root.all(DAVRequests.dav, "response").map { Self.response($0) }
        syncToken = root.first(DAVRequests.dav, "sync-token")?.trimmed
    }

    private static func response(_ element: XMLElement) -> Response {
        let found = element.all(DAVRequests.dav, "propstat").filter { status($0) == 200 }
        return Response(
            href: element.first(DAVRequests.dav, "href")?.trimmed ?? "",
            status: status(element),
            properties: found.flatMap { $0.first(DAVRequests.dav, "prop")?.children ?? [] }
        )
    }

    /// The number in `HTTP/1.1 404 Not Found`.
    private static func status(_ element: XMLElement) -> Int? {
        guard let line = element.first(DAVRequests.dav, "status")?.trimmed else { return nil }
        let words = line.split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }

    /// The href in a property of the first resource that has it.
    func href(in namespace: String, _ name: String) -> String? {
        responses.lazy.compactMap { $0.property(namespace, name)?.first(DAVRequests.dav, "href")?.trimmed }
            .first
    }

    /// The precondition or postcondition that an error names: `valid-sync-token`.
    static func condition(_ answer: ProviderAnswer) -> String? {
        guard answer.status >= 400, let root = XMLReader.read(answer.body), root.name == "error" else {
            return nil
        }
        return root.children.first?.name
    }
}
