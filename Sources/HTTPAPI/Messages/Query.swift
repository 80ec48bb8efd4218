/// The parameters of a request's query, decoded strictly, in the order they came, each name once.
///
/// `+` means a space, as in HTML forms; write a plus sign as `%2B`.
package struct Query: Hashable, Sendable {
    /// One parameter.
    package struct Parameter: Hashable, Sendable {
        /// The name, decoded.
        package let name: String
        /// The value, decoded; may be empty.
        package let value: String
    }

    /// Why a query is refused.
    package enum Failure: Error, Equatable {
        /// A part is empty, has no `=`, or does not decode to UTF-8 without control characters.
        case malformed
        /// The name stands there twice.
        case repeated(String)
        /// More than `parametersMax` parameters.
        case tooMany
    }

    /// The most parameters one query may have; Twilio's callbacks by GET have 30 and more.
    package static let parametersMax = 64

    /// The parameters in the order they came.
    package let parameters: [Parameter]

    /// The query as it was sent, without the `?`: what a signature over the URL covers.
    package let text: String

    /// A query without parameters.
    package init() {
        parameters = []
        text = ""
    }

    /// A query that is passed on as it was sent: nothing of it is read.
    package init(unread text: some StringProtocol) {
        parameters = []
        self.text = String(text)
    }

    /// Reads what stands after the `?`; an empty text is an empty query.
    package init(_ text: some StringProtocol) throws(Failure) {
        self.text = String(text)
        guard !text.isEmpty else {
            parameters = []
            return
        }
        var parameters: [Parameter] = []
        for part in text.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard parameters.count < Self.parametersMax else { throw .tooMany }
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")), equals != part.startIndex,
                let name = PercentEncoding.decode(part[..<equals], plusIsSpace: true),
                let value = PercentEncoding.decode(part[part.index(after: equals)...], plusIsSpace: true)
            else { throw .malformed }
            guard !parameters.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                throw .repeated(name)
            }
            parameters.append(Parameter(name: name, value: value))
        }
        self.parameters = parameters
    }

    /// The value of the parameter `name`; nil when it is not there.
    package subscript(name: String) -> String? {
        parameters.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}
