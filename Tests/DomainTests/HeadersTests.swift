import Domain
import Testing

@Suite struct HeadersTests {
    private let headers = Headers([("X-One", "1"), ("x-two", "a"), ("X-TWO", "b")])

    @Test func `finds a field whatever the case of its name`() {
        #expect(headers.first("x-one") == "1")
        #expect(headers.values("x-two") == ["a", "b"])
        #expect(headers.first("x-two") == "a")
    }

    @Test func `finds nothing where nothing stands`() {
        #expect(headers.first("x-three") == nil)
        #expect(headers.values("x-three") == [])
        #expect(Headers().fields.isEmpty)
    }

    @Test func `keeps order and values as they came`() {
        var headers = Headers()
        headers.append("B", " x ")
        headers.append(lowercaseName: "a", value: "É")
        #expect(headers.fields.map(\.name) == ["b", "a"])
        #expect(headers.fields.map(\.value) == [" x ", "É"])
    }

    @Test func `folds ASCII letters and no others`() {
        #expect(lowercasedASCII("ABC-xyz-[É") == "abc-xyz-[É")
        #expect(lowercasedASCII("\u{212A}").utf8.elementsEqual("\u{212A}".utf8))
        #expect(lowercasedASCII("I\u{130}").utf8.elementsEqual("i\u{130}".utf8))
    }
}
