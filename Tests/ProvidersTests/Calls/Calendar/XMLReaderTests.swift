import Providers
import Testing

@Suite
struct XMLReaderTests {
    private func read(_ text: String) -> XMLElement? { XMLReader.read(Array(text.utf8)) }

    @Test
    func `names are known by their namespace, whatever the prefix`() throws {
        let root = try #require(
            read(
                """
                <?xml version="1.0"?><!-- hello --><D:multistatus xmlns:D="DAV:" xmlns:C='urn:c'>
                <D:response><D:href> /a&amp;b&#x2F;%C3%A9 </D:href><C:comp name="VEVENT" C:other="x"/></D:response>
                <response xmlns="DAV:"><href><![CDATA[<&]]></href></response></D:multistatus>

                """
            )
        )
        let responses = root.all("DAV:", "response")
        #expect(root.name == "multistatus")
        #expect(responses.count == 2)
        #expect(responses.first?.first("DAV:", "href")?.trimmed == "/a&b/%C3%A9")
        #expect(responses.first?.first("urn:c", "comp")?.attributes == ["name": "VEVENT"])
        #expect(responses.last?.first("DAV:", "href")?.text == "<&")
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>text", "<a>&unknown;</a>",
        "<a>&#0;</a>",
        "<a>&amp</a>", "<x:a/>", "<a b=c/>", "<a b=\"1\"c=\"2\"/>", "<a b=\"<\"/>", "<a:b:c/>", "< a/>", "<a",
        "<",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "<a><!DOCTYPE b></a>", "<a><![CDATA[</a>", "<a><!-- </a>", "<a/><!--", "<?xml",
    ])
    func `what is no plain XML is not read`(text: String) {
        #expect(read(text) == nil)
    }

    @Test
    func `depth, elements and attributes have limits`() {
        let nested = { (depth: Int) in
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(read(nested(XMLReader.depthMax)) != nil)
        #expect(read(nested(XMLReader.depthMax + 1)) == nil)
        let wide = { (count: Int) in "<a>" + String(repeating: "<b/>", count: count - 1) + "</a>" }
        #expect(read(wide(XMLReader.elementsMax)) != nil)
        #expect(read(wide(XMLReader.elementsMax + 1)) == nil)
        let adorned = { (count: Int) in "<a " + (0..<count).map { "b\($0)='' " }.joined() + "/>" }
        #expect(read(adorned(XMLReader.attributesMax)) != nil)
        #expect(read(adorned(XMLReader.attributesMax + 1)) == nil)
    }

    @Test
    func `bytes that are no UTF-8 are not read, and escaped text comes back`() {
        #expect(XMLReader.read(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) == nil)
        let text = "a<b>&\"c' é"
        #expect(read("<a>\(XMLReader.escaped(text))</a>")?.text == text)
    }
}
