import Access
import Domain
import HTTPAPI

extension PageRequest {
    /// The page with what its form sent; throws `.forged` unless a page of this session sent it.
    func withForm() throws -> PageRequest {
        let form = try FormReading.form(request)
        guard request.isSameOrigin, let token = form["form_token"],
            FormReading.areEqual(token, session.formToken)
        else { throw PageError.forged }
        return PageRequest(request: request, session: session, parts: parts, form: form, backend: backend)
    }
}

/// Reads what forms send: `application/x-www-form-urlencoded`.
enum FormReading {
    /// The longest form, in bytes.
    static let bytesMax = 16_384

    static func form(_ request: APIRequest) throws -> Query {
        let type = request.headers.first("content-type")?.split(separator: ";").first
        guard type?.lowercased() == "application/x-www-form-urlencoded", request.body.count <= bytesMax,
            let text = String(validating: request.body, as: UTF8.self), let form = try? Query(text)
        else { throw PageError.forged }
        return form
    }

    /// Compares without stopping at the first difference.
    static func areEqual(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
