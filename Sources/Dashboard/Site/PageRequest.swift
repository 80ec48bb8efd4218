import Access
import Domain
import HTTPAPI

/// A request for a page, of somebody who is signed in.
struct PageRequest: Sendable {
    /// The most parts of a path, `/calls/{id}/settle`.
    static let partsMax = 4

    let request: APIRequest
    let session: Sessions.Session
    /// The parts of the path, decoded.
    let parts: [String]
    /// What a form sent; empty for a `GET`.
    let form: Query
    let backend: Backend

    var scope: AccessScope { session.scope }
    var mayWrite: Bool { scope.level >= .write }
    var mayAdminister: Bool { scope.level >= .admin }
    var isPlatform: Bool { scope.principal == .platform }

    /// Whether only the content is wanted, to be put into a page that stands.
    var isFragment: Bool { request.query["fragment"] != nil }

    /// A value of the query; nil when it is not there or empty, as an unused field of a form is.
    func value(_ name: String) -> String? {
        request.query[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A value of the form; nil when it is not there or empty.
    func field(_ name: String) -> String? {
        form[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Somebody is sent elsewhere, after something was done.
struct Redirect: Error {
    let path: String

    /// - Parameter done: what was done, of `Notice.Done`.
    init(_ path: String, done: Notice.Done? = nil, count: Int? = nil) {
        var query: [(String, String)] = []
        if let done { query.append(("done", done.rawValue)) }
        if let count { query.append(("count", String(count))) }
        self.path = path + (query.isEmpty ? "" : "?") + QueryText.encode(query)
    }
}
