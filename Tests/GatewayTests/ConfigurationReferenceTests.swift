import Foundation
import Gateway
import Testing

@Suite struct ConfigurationReferenceTests {
    private let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/configuration.md").standardizedFileURL

    @Test func `the page in docs is the table of keys`() throws {
        let text = ConfigurationReference.markdown
        if ProcessInfo.processInfo.environment["USHER_WRITE_DOCS"] != nil {
            try Data(text.utf8).write(to: page)
        }
        let written = try String(contentsOf: page, encoding: .utf8)
        #expect(written == text, "docs/configuration.md is behind the table of keys: run `make docs`")
    }

    @Test func `each default, written out, is the default`() throws {
        let configuration = try Configuration(
            """
            listen: 127.0.0.1:8080
            database: sqlite:./usher-data/usher.db
            root_key: file:./usher-data/root.key
            limits: {connections: 16384, requests: 1024, request_seconds: 30, idle_seconds: 75, header_count: 100,
              header_bytes: 16384}
            log: {level: info, format: text}
            """,
            file: "usher.yaml",
            rules: DefinitionRules(source: { _ in [] }, destination: { _ in [] })
        )
        #expect(configuration == Configuration())
    }

    @Test(arguments: [
        "sources:\n  a: {provider: p, body_bytes_max: %}", "sources:\n  a: {provider: p, rate_per_second: %}",
        "destinations:\n  a: {url: 'http://a', concurrency: %}",
        "destinations:\n  a: {url: 'http://a', attempts_max: %}",
        "destinations:\n  a: {url: 'http://a', timeout_seconds: %}",
        "destinations:\n  a: {url: 'http://a', rate_per_second: %}",
        "limits: {connections: %}", "limits: {requests: %}", "limits: {request_seconds: %}",
        "limits: {idle_seconds: %}", "limits: {header_count: %}", "limits: {header_bytes: %}",
    ])
    func `a number is taken up to the limits the page names and not beyond`(template: String) throws {
        let key = try #require(template.split(separator: ":").dropLast().last?.split(separator: " ").last)
        let section = try #require(template.split(separator: ":").first)
        let heading = section == "limits" ? "## `limits`" : "## `\(section).NAME`"
        let table = try #require(ConfigurationReference.markdown.components(separatedBy: heading).last)
        let row = try #require(
            table.split(separator: "\n").first { $0.hasPrefix("| `\(key.trimming("{"))` |") }
        )
        let limits = row.split(separator: "|")[1].split(separator: " ").compactMap {
            Double($0.trimming(","))
        }
        try #require(limits.count == 2)
        #expect(isTaken(template, limits[0]))
        #expect(isTaken(template, limits[1]))
        #expect(!isTaken(template, limits[0] - 0.005))
        #expect(!isTaken(template, limits[0] - 1))
        #expect(!isTaken(template, limits[1] + 1))
    }

    private func isTaken(_ template: String, _ number: Double) -> Bool {
        let text = Int(exactly: number).map(String.init) ?? String(number)
        let rules = DefinitionRules(source: { _ in [] }, destination: { _ in [] })
        let yaml = template.replacing("%", with: text)
        return (try? Configuration(yaml, file: "usher.yaml", rules: rules)) != nil
    }
}

extension Substring {
    fileprivate func trimming(_ characters: String) -> String {
        filter { !characters.contains($0) }
    }
}
