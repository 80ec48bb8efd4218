import Gateway
import Testing

private func read(_ text: String) throws {
    let rules = DefinitionRules(source: { _ in [] }, destination: { _ in [] })
    _ = try Configuration(text, file: "usher.yaml", rules: rules)
}

private func problem(_ text: String) -> String {
    do {
        try read(text)
        return ""
    } catch {
        return "\(error)"
    }
}

@Suite struct ConfigurationDocumentTests {
    @Test(arguments: [
        (
            "listen: 'a",
            "usher.yaml:1:11: not YAML: while scanning a quoted scalar, found unexpected end of stream"
        ),
        ("listen: a\n  b: c", "usher.yaml:2:4: not YAML: mapping values are not allowed in this context"),
        ("a: *b", "usher.yaml:1:4: not YAML: found undefined alias"),
        ("a: 1\n---\nb: 1", "usher.yaml:2:1: not YAML: but found another document"),
        (
            "limits: {requests: 1}\nlisten: a:1\nlimits: {requests: 2}",
            "usher.yaml:1:1: limits: stands here and once more further down in the same mapping; keep one"
        ),
        (
            "sources:\n  a: {provider: x}\n  a: {provider: y}",
            "usher.yaml:2:3: a: stands here and once more further down in the same mapping; keep one"
        ),
        ("listen: !!binary aGk=", "usher.yaml:1:9: tags are not read; leave out `tag:yaml.org,2002:binary`"),
        ("? [a]\n: b", "usher.yaml:1:3: a key must be a text"),
        (
            "a: &a {requests: 1}\nlimits:\n  <<: *a",
            "usher.yaml:3:3: merge keys (`<<`) are not read; repeat the keys"
        ),
        ("- listen", "usher.yaml:1:1: must be a mapping of keys to values"),
    ])
    func `what is not plain YAML is refused with its place`(text: String, message: String) {
        #expect(problem(text) == message)
    }

    @Test func `an alias stands for its anchor`() throws {
        try read(
            """
            sources:
              a: &stripe {provider: stripe}
              b: *stripe
            """
        )
    }

    @Test func `a file of the largest size is read and a larger one is not`() throws {
        let comment = "#" + String(repeating: "x", count: 1_048_575)
        try read(comment)
        #expect(
            problem(comment + "x")
                == "usher.yaml is larger than 1048576 bytes, the most a configuration may have"
        )
    }

    @Test func `aliases cannot blow a small file up`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...3 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(problem(text).contains("unknown key"))
        for level in 4...9 {
            text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
        }
        #expect(problem(text) == "usher.yaml:1:1: more than 32 aliases (`*name`)")
    }

    @Test func `nodes are counted as often as they are used`() {
        let many = Array(repeating: "x", count: 25_000).joined(separator: ",")
        #expect(problem("a: &a [\(many)]").contains("unknown key"))
        #expect(problem("a: &a [\(many)]\nb: *a").contains("more than 50000 values, aliases included"))
    }

    @Test func `nesting ends at 32 levels`() {
        func nested(_ levels: Int) -> String {
            "a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(problem(nested(31)).contains("unknown key"))
        #expect(problem(nested(32)) == "usher.yaml:1:35: nested deeper than 32 levels")
        #expect(problem(nested(100_000)).contains("not YAML"))
    }
}
