import HTTPAPI
import Testing

@Suite struct `Query text` {
    @Test func `decodes names and values, and keeps their order`() throws {
        let query = try Query("source=stripe&q=a%20b+c%2Bd&empty=")
        #expect(query.parameters.map(\.name) == ["source", "q", "empty"])
        #expect(query["q"] == "a b c+d")
        #expect(query["empty"] == "")
        #expect(query["absent"] == nil)
    }

    @Test func `is empty for an empty text`() throws {
        #expect(try Query("") == Query())
    }

    @Test(arguments: ["a", "=b", "a=1&", "a=%", "a=%g0", "a=%80", "a=%0A", "a=%7F"])
    func `refuses what cannot be read in one way only`(_ text: String) {
        #expect(throws: Query.Failure.malformed) { try Query(text) }
    }

    @Test func `refuses a name that is there twice, however it is written`() {
        #expect(throws: Query.Failure.repeated("a")) { try Query("a=1&%61=2") }
    }

    @Test func `keeps names apart that differ only in normalisation`() throws {
        #expect(try Query("caf%C3%A9=1&cafe%CC%81=2").parameters.count == 2)
    }

    @Test func `takes as many parameters as it may, and no more`() throws {
        let text = (0..<Query.parametersMax).map { "p\($0)=1" }.joined(separator: "&")
        #expect(try Query(text).parameters.count == Query.parametersMax)
        #expect(throws: Query.Failure.tooMany) { try Query(text + "&one=1") }
    }
}
