import Foundation
import Gateway
import Providers
import Registry
import Testing

/// The pages in `docs/providers`.
struct ProviderPageTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/providers").standardizedFileURL

    private static func pages() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "md" }
    }

    @Test(arguments: try pages())
    func `a page shows a configuration that is accepted, and samples that exist`(page: URL) throws {
        let provider = try ProviderName(name: page.deletingPathExtension().lastPathComponent)
        let text = try String(contentsOf: page, encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(!blocks.isEmpty)
        for block in blocks {
            let configuration = try Configuration(block, file: "usher.yaml", rules: .registry)
            #expect(configuration.sources.map(\.provider) == [provider.rawValue])
        }
        for line in text.components(separatedBy: "usher trigger ").dropFirst()
        where line.hasPrefix(provider.rawValue + " ") {
            let words = line.split(whereSeparator: \.isWhitespace)
            #expect(words.count > 1 && SampleEvents.types(of: provider).contains(String(words[1])), "\(line)")
        }
    }

    @Test(arguments: APIProvider.allCases.compactMap { CallCatalogue.facts(of: $0)?.provider })
    func `a page about calls shows a configuration that is accepted, every field and every operation`(
        provider: APIProvider
    ) throws {
        let facts = try #require(CallCatalogue.facts(of: provider))
        let page = Self.folder.appending(path: "calls/\(provider).md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(!blocks.isEmpty)
        for block in blocks {
            let configuration = try Configuration(block, file: "usher.yaml", rules: .registry)
            #expect(configuration.integrations.map(\.provider) == [provider])
        }
        for field in facts.credential { #expect(text.contains("| `\(field.name)` |"), "\(field.name)") }
        for operation in facts.operations { #expect(text.contains("`\(operation)`"), "\(operation)") }
    }

    @Test func `there are pages`() throws {
        #expect(try Self.pages().count >= 6)
    }
}
