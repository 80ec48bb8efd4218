import Domain
import Signatures
import Testing

@Suite struct FormFieldsTests {
    private func read(_ text: String) -> [[String]]? {
        FormFields(Array(text.utf8))?.fields.map {
            [String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self)]
        }
    }

    @Test func `decodes names and values and keeps blanks, spaces and repeats`() {
        #expect(read("") == [])
        let text = "To=%2B49+170&Body=Ol%C3%A9+%26%20more&Empty=&a=x&a=x&Note=++two++&e%3Df=g=h"
        #expect(
            read(text) == [
                ["To", "+49 170"], ["Body", "Olé & more"], ["Empty", ""], ["a", "x"], ["a", "x"],
                ["Note", "  two  "], ["e=f", "g=h"],
            ]
        )
    }

    @Test(arguments: [
        "&", "a=1&", "&a=1", "a=1&&b=2", "a", "a=1&b", "=1", "a=%", "a=%4", "a=%4G", "a=%+1", "a=b c", "a=\n",
        "a=é", "a=%FF", "a=%C3", "a=%ED%A0%80", "%C0%AF=1", "a=\u{0}", "a=\u{7F}",
    ])
    func `refuses what two readers could take differently`(text: String) {
        #expect(read(text) == nil)
    }

    @Test func `bounds the number of fields`() {
        let fields = Array(repeating: "a=1", count: FormFields.countMax)
        #expect(read(fields.joined(separator: "&"))?.count == FormFields.countMax)
        #expect(read((fields + ["a=1"]).joined(separator: "&")) == nil)
        #expect(read(Array(repeating: "a=1", count: 100_000).joined(separator: "&")) == nil)
    }

    @Test func `gives a value only when its name stands there once`() {
        let form = FormFields(Array("a=1&b=2&b=2&B=3".utf8))
        #expect(form?["a"] == Array("1".utf8))
        #expect(form?["b"] == nil)
        #expect(form?.has("b") == true)
        #expect(form?["B"] == Array("3".utf8))
        #expect(form?.has("c") == false)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `reads back every form it writes`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let pairs = (0..<Int(random.next() % 6)).map { index in
                let scalars = (0..<Int(random.next() % 8)).compactMap { _ in
                    Unicode.Scalar(UInt32(random.next() % 0x2FF))
                }
                return ("n\(index)&=%+ ", String(String.UnicodeScalarView(scalars)))
            }
            let form = FormFields(pairs)
            #expect(FormFields(form.encoded) == form, "seed \(seed)")
        }
    }
}
