import Domain

/// The request methods Usher serves; every other one is refused with 405 before anything else is looked at.
///
/// Those of WebDAV and CalDAV are passed on by the proxy only.
package enum RequestMethod: String, CaseIterable, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    case propfind = "PROPFIND"
    case proppatch = "PROPPATCH"
    case report = "REPORT"
    case mkcalendar = "MKCALENDAR"
    case mkcol = "MKCOL"

    /// Whether Usher's own resources have it, or only the proxy passes it on.
    package var isOwn: Bool {
        switch self {
        case .get, .head, .post, .put, .patch, .delete, .options: true
        case .propfind, .proppatch, .report, .mkcalendar, .mkcol: false
        }
    }
}

extension RequestMethod {
    /// The method in lower case, as OpenAPI writes it.
    var name: String { lowercasedASCII(rawValue) }
}
