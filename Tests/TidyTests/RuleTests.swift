import Testing

private func rules(_ path: String, _ text: String) -> [String] {
    let file = SourceFile(path: path, text: text)
    let manifest = Manifest("let package = Package(targets: [tests(\"Domain\", [\"Domain\"])])")
    return
        (ImportRule.findings(file, manifest: manifest) + SizeRule.findings(file) + WordRule.findings(file)
        + NameRule.findings(file) + DocumentationRule.findings(file)).map(\.rule)
}

private func inDomain(_ text: String) -> [String] { rules("Sources/Domain/Sample.swift", text) }

/// Each rule, shown to fail on what it is there to find and to pass what only looks like it.
@Suite struct RuleTests {
    @Test(arguments: [
        ("let a = Date()", "Date()"), ("let a = Date.now", ".now"), ("f(.now)", ".now"),
        ("let a: Date = .now", ".now"), ("let t = DispatchTime.now()", ".now"), ("return .now", ".now"),
        ("try await Task.sleep(for: .seconds(1))", "Task.sleep"),
        ("let c = ContinuousClock()", "ContinuousClock"),
        ("let c = SuspendingClock()", "SuspendingClock"), ("Int.random(in: 0..<3)", ".random"),
        ("let b: Bool = .random()", ".random"), ("list.shuffled()", ".shuffled"),
        ("list.randomElement()", ".randomElement"),
        ("var g = SystemRandomNumberGenerator()", "SystemRandomNumberGenerator"),
        ("final class A: @unchecked Sendable {}", "@unchecked Sendable"),
        ("nonisolated(unsafe) let a = 1", "nonisolated(unsafe)"), ("let a = try! f()", "try!"),
        ("let a: [String: Any] = [:]", "Any"), ("@testable import Domain", "@testable"),
        ("fatalError(\"no\")", "fatalError("), ("print(1)", "print("),
        ("struct A { static var b = 1 }", "static var"),
        ("struct A { static var b: Int = 1 }", "static var"), ("let a = \"\\(Date())\"", "Date()"),
        ("let a = #\"\"\"\n\\#(Date())\n\"\"\"#", "Date()"),
    ])
    func `a banned word is found`(text: String, rule: String) {
        #expect(inDomain(text).contains(rule))
    }

    @Test(arguments: [
        "let a = time.now()", "let a = self.now", "clocks[0].now", "let a: any Collection",
        "let a: AnyObject", "if try !isEmpty() {}",
        "// Date() and Task.sleep and print(1)", "let a = \"Date() .now try! Any\"",
        "Int.random(in: 0..<3, using: &seed)",
        "list.shuffled(using: &seed)", "random.next()", "log.print(1)",
        "struct A { static var b: Int { 1 } }",
        "protocol P { static var prefix: String { get } }", "func `Date() is refused`() {}",
        "let a = #\"try! \"Any\"\"#",
        "/* Any /* try! */ print(1) */",
    ])
    func `what only looks like a banned word is not`(text: String) {
        #expect(inDomain(text) == [])
    }

    @Test func `clocks and chance are free where they are made`() {
        let text =
            "let a = Date(); let b = ContinuousClock(); try await Task.sleep(for: .zero); Int.random(in: 0...1)"
        for target in ["Gateway", "usher", "Sandbox", "Simulation", "UsherTesting"] {
            #expect(rules("Sources/\(target)/Sample.swift", text) == [])
        }
        #expect(rules("Tests/DomainTests/Sample.swift", text) == ["Task.sleep", ".random"])
        #expect(rules("Sources/usher/Sample.swift", "print(1)") == [])
    }

    @Test(arguments: ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    func `loose ends in comments are found`(word: String) {
        #expect(inDomain("// \(word): later") == [word])
        #expect(inDomain("let a = \"\(word)\"  // a\(word)b") == [])
    }

    @Test func `imports outside the table are found`() {
        #expect(inDomain("import Foundation") == ["import Foundation"])
        #expect(inDomain("import FoundationEssentials\nimport Synchronization") == [])
        #expect(inDomain("package import struct Storage.Row") == ["import Storage"])
        #expect(rules("Sources/Storage/Sample.swift", "public import GRDB\nimport Foundation") == [])
        #expect(rules("Sources/Registry/Sample.swift", "import Access") == ["import Access"])
        #expect(rules("Sources/Webhooks/Sample.swift", "import DequeModule\nimport GRDB") == ["import GRDB"])
        #expect(rules("Sources/Nowhere/Sample.swift", "import Domain") == ["import Domain"])
        #expect(rules("Tests/DomainTests/Sample.swift", "import Domain\nimport Testing") == [])
        #expect(rules("Tests/DomainTests/Sample.swift", "import Storage") == ["import Storage"])
    }

    @Test func `a function of 70 lines is allowed and one of 71 is not`() {
        func function(_ lines: Int) -> String {
            "func f(a: () -> Int = { 1 }) {\n" + String(repeating: "// }\n", count: lines - 2) + "}\n"
        }
        #expect(inDomain(function(70)) == [])
        #expect(inDomain(function(71)) == ["function length"])
        #expect(
            inDomain("struct A {\n" + function(71).replacing("func f", with: "init") + "}") == [
                "function length"
            ]
        )
        let long = "\"{{{\"\n" + String(repeating: "\n", count: 70)
        #expect(inDomain("protocol P {\n  func f() -> Int\n  var a: Int { get }\n}\n" + long) == [])
    }

    @Test func `a file of 600 lines is allowed and one of 601 is not`() {
        #expect(inDomain(String(repeating: "\n", count: 600)) == [])
        #expect(inDomain(String(repeating: "\n", count: 601)) == ["file length"])
    }

    @Test(arguments: [
        "struct PoolManager {}", "enum JSONHelper {}", "final class UserInfo {}", "protocol RouteBase {}",
        "typealias EventData = Int", "actor Storage {}",
    ])
    func `names that say nothing are found`(text: String) {
        #expect(inDomain(text) == ["type name"])
    }

    @Test func `names that say something are not`() {
        #expect(inDomain("struct Database {}\nclass func make() {}\nextension UserInfo {}") == [])
    }

    @Test(arguments: [
        "package struct A {}", "public func a() {}", "package static let a = 1", "    package init() {}",
        "/// Not above it.\n\npackage let a = 1", "// Not for documents.\npackage let a = 1",
        "package private(set) var a: Int", "package final class A {}",
        "package subscript(a: Int) -> Int { a }",
    ])
    func `what others may use without a word is found`(text: String) {
        #expect(inDomain(text) == ["documentation"])
    }

    @Test(arguments: [
        "/// It is.\npackage struct A {}",
        "/// It is.\n@frozen\n@available(*, unavailable)\npackage struct A {}",
        "package import Domain".replacing("Domain", with: "Synchronization"),
        "package var description: String { \"\" }",
        "struct A {}", "private(set) var a = 1", "package init(stringLiteral text: String) {}",
        "/// It is.\npackage(set) var a = 1",
    ])
    func `what is documented or private is not`(text: String) {
        #expect(inDomain(text) == [])
    }
}

@Suite struct ManifestTests {
    private let manifest = Manifest(
        """
        let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
        func target(_ name: String) -> Target { .target(name: name) }
        let package = Package(
            name: "usher",
            dependencies: [.package(url: "https://example.com/apple/swift-crypto", from: "4.5.2")],
            products: [.executable(name: "usher", targets: ["usher"])],
            targets: [
                target("Domain"),  // "Nothing"
                target("Vault", ["Domain", crypto]),
                .executableTarget(name: "usher", dependencies: ["Vault"], swiftSettings: settings),
                .target(name: "CSimulation", linkerSettings: [.linkedLibrary("sqlite3")]),
                tests("Vault", ["Vault", crypto], resources: [.copy("Vectors")]),
            ]
        )
        """
    )

    @Test func `targets and their edges are read`() {
        #expect(manifest.packages == ["swift-crypto"])
        #expect(
            manifest.targets == [
                "Domain": .init(),
                "Vault": .init(ours: ["Domain"], products: ["Crypto"]),
                "usher": .init(ours: ["Vault"]),
                "CSimulation": .init(),
                "VaultTests": .init(ours: ["Vault"], products: ["Crypto"]),
            ]
        )
    }

    @Test(arguments: [
        ("Domain", "Signatures"), ("Storage", "Transport"), ("Vault", "Registry"), ("Webhooks", "HTTPAPI"),
        ("Gateway", "Simulation"), ("HTTPAPI", "UsherTesting"), ("Sandbox", "Storage"),
        ("UsherTesting", "Webhooks"),
        ("Simulation", "usher"), ("Gateway", "usher"), ("Webhooks", "Webhooks"), ("usher", "UsherTesting"),
    ])
    func `an edge that points up or aside is refused`(from: String, to: String) throws {
        let from = try #require(TargetRule.named(from))
        let to = try #require(TargetRule.named(to))
        #expect(from.objection(to: to) != nil)
    }
}
