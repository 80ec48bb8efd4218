import Domain

/// The request methods Usher serves; every other one is refused with 405 before anything else is looked at.
package enum RequestMethod: String, CaseIterable, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}

extension RequestMethod {
    /// The method in lower case, as OpenAPI writes it.
    var name: String { lowercasedASCII(rawValue) }
}
