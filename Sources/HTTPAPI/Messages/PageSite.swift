/// Pages for people beside the API: which paths are theirs, and who answers.
package struct PageSite: Sendable {
    /// Whether a path is one of theirs.
    package let serves: @Sendable (String) -> Bool
    /// Answers a request to such a path.
    package let respond: RequestHandler

    /// Describes the pages.
    package init(serves: @escaping @Sendable (String) -> Bool, respond: @escaping RequestHandler) {
        self.serves = serves
        self.respond = respond
    }
}
