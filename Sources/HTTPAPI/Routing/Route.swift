package import Access
package import Domain

/// One entry of the route table: everything the router enforces and OpenAPI tells about one operation.
package struct Route: Sendable {
    /// Who may call it, and what answers.
    package enum Action: Sendable {
        /// Anybody.
        case open(@Sendable (RouteCall) async throws -> APIResponse)
        /// Whoever has a key of at least this level.
        case guarded(AccessLevel, @Sendable (RouteCall, AccessScope) async throws -> APIResponse)
    }

    /// One parameter of the query.
    package struct Parameter: Sendable {
        let name: String
        /// `string`, `choice`, `integer` or `boolean`.
        let schema: Schema
        let summary: String

        /// Describes a parameter, which may always be left out.
        package init(_ name: String, _ schema: Schema, _ summary: String) {
            self.name = name
            self.schema = schema
            self.summary = summary
        }
    }

    /// One answer that is not a problem.
    package struct Reply: Sendable {
        let status: Int
        let summary: String
        /// The shape of a JSON body; nil for a body that is not JSON or not there.
        let schema: Schema?
        /// The media type; nil when there is no body.
        let contentType: String?
        /// The media types a caller may ask for instead.
        var otherContentTypes: [String] = []

        /// An answer with a JSON body, or with one of `otherTypes` for callers that ask for it.
        package static func json(
            _ status: Int,
            _ schema: Schema,
            _ summary: String,
            orAs otherTypes: [String] = []
        ) -> Reply {
            Reply(
                status: status,
                summary: summary,
                schema: schema,
                contentType: "application/json",
                otherContentTypes: otherTypes
            )
        }

        /// An answer with a body of another media type.
        package static func other(_ status: Int, _ contentType: String, _ summary: String) -> Reply {
            Reply(status: status, summary: summary, schema: nil, contentType: contentType)
        }

        /// An answer without a body.
        package static func empty(_ status: Int, _ summary: String) -> Reply {
            Reply(status: status, summary: summary, schema: nil, contentType: nil)
        }
    }

    /// The method; `get` answers `HEAD` too.
    package let method: RequestMethod
    /// The path.
    package let path: PathTemplate
    /// The operation's id: unique, in lower camel case.
    package let id: String
    /// One sentence about it.
    package let summary: String
    /// The group it is shown in.
    package let tag: String
    /// The parameters its query may have.
    package let parameters: [Parameter]
    /// Whether its query may have others too, which strangers add on the way.
    package let takesOtherParameters: Bool
    /// The shape of its JSON body; nil when it takes none.
    package let body: Schema?
    /// The media types it takes in place of a JSON body: its handler reads the bytes itself.
    package let rawBodies: [String]
    /// The most bytes of a body that its handler reads as a stream (`RouteCall.request.stream`); nil when it does not.
    package let streamedBytesMax: Int?
    /// The answers that are not problems.
    package let replies: [Reply]
    /// The statuses of problems its handler itself answers with.
    package let problems: Set<Int>
    /// Who may call it, and what answers.
    package let action: Action

    /// Describes an operation.
    package init(
        _ method: RequestMethod,
        _ path: PathTemplate,
        id: String,
        tag: String,
        summary: String,
        parameters: [Parameter] = [],
        takesOtherParameters: Bool = false,
        body: Schema? = nil,
        rawBodies: [String] = [],
        streamedBytesMax: Int? = nil,
        replies: [Reply],
        problems: Set<Int> = [],
        action: Action
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.tag = tag
        self.summary = summary
        self.parameters = parameters
        self.takesOtherParameters = takesOtherParameters
        self.body = body
        self.rawBodies = rawBodies
        self.streamedBytesMax = streamedBytesMax
        self.replies = replies
        self.problems = problems
        self.action = action
    }

    /// The level a key needs; nil when the route is open.
    package var level: AccessLevel? {
        guard case .guarded(let level, _) = action else { return nil }
        return level
    }

    /// Every status of a problem that may come back: the handler's, and those the router and the server give.
    var allProblems: [Int] {
        var statuses = problems.union([400, 500, 503])
        if level != nil { statuses.formUnion([401, 403, 429]) }
        if !path.parameterNames.isEmpty { statuses.insert(404) }
        if body != nil || !rawBodies.isEmpty { statuses.formUnion([413, 415, 422]) }
        if streamedBytesMax != nil { statuses.insert(413) }
        return statuses.sorted()
    }
}

/// A request that fits its route: what a handler is given.
package struct RouteCall: Sendable {
    /// The request.
    package let request: APIRequest
    /// The path's parameters, decoded.
    package let path: PathValues
    /// The JSON body, checked against the route's schema; nil when the route takes none.
    package let body: JSONValue?

    /// A whole number from the query, in the range its schema gives; nil when it is left out.
    package func integer(_ name: String) -> Int? {
        request.query[name].flatMap(Int.init)
    }

    /// The media type of the body in lower case, without parameters; nil when there is none, or more than one.
    package var mediaType: String? {
        let types = request.headers.values("content-type")
        guard types.count == 1, let type = types.first?.split(separator: ";").first else { return nil }
        return lowercasedASCII(type.filter { $0 != " " })
    }

    /// A text from the query; nil when it is left out.
    package func text(_ name: String) -> String? {
        request.query[name]
    }
}
