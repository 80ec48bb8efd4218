package import Domain

/// The elements of a list of the API, read page by page while they are consumed.
package struct ControlList: AsyncSequence, Sendable {
    package typealias Element = JSONValue

    fileprivate let client: ControlClient
    fileprivate let path: String
    fileprivate let query: [(name: String, value: String)]
    fileprivate let limit: Int

    init(client: ControlClient, path: String, query: [(name: String, value: String)], limit: Int) {
        self.client = client
        self.path = path
        self.query = query
        self.limit = limit
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(list: self)
    }

    /// All elements, in order.
    package func elements() async throws(ControlError) -> [JSONValue] {
        var elements: [JSONValue] = []
        var iterator = makeAsyncIterator()
        while let element = try await iterator.next() { elements.append(element) }
        return elements
    }

    /// Reads one list from its start.
    package struct Iterator: AsyncIteratorProtocol {
        private let list: ControlList
        private var page: ArraySlice<JSONValue> = []
        private var cursor: String?
        private var left: Int
        private var isLastPage = false

        fileprivate init(list: ControlList) {
            self.list = list
            left = list.limit
        }

        /// The next element; nil at the end or at the list's limit.
        package mutating func next() async throws(ControlError) -> JSONValue? {
            while left > 0 {
                if let element = page.popFirst() {
                    left -= 1
                    return element
                }
                guard !isLastPage else { return nil }
                try await readPage()
            }
            return nil
        }

        private mutating func readPage() async throws(ControlError) {
            var query = list.query
            query.append((name: "limit", value: "\(Swift.min(left, ControlClient.pageSize))"))
            if let cursor { query.append((name: "cursor", value: cursor)) }
            let answer = try await list.client.get(list.path, query: query)
            guard let elements = answer["data"]?.array else {
                throw .notUsher(url: list.client.address.text, status: 200)
            }
            page = elements[...]
            let next = answer["next"]?.string
            // A cursor that does not move on would go round for ever.
            isLastPage = next == nil || next == cursor
            cursor = next
        }
    }
}
