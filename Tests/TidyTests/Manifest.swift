/// The targets of a `Package.swift` with what they depend on, read from its text.
///
/// Knows the way this package writes it: constants for products, `target(…)` and `tests(…)`.
struct Manifest {
    struct Target: Equatable {
        var ours: Set<String> = []
        var products: Set<String> = []
    }

    /// The targets by name, test targets as `DomainTests`.
    private(set) var targets: [String: Target] = [:]
    /// The packages it depends on, by the last part of their URL.
    private(set) var packages: Set<String> = []

    init(_ text: String) {
        let tokens = Lexer.tokens(of: text).filter { $0.kind != .comment }
        let products = Self.products(tokens)
        guard
            let package = tokens.indices.first(where: {
                tokens[$0].text == "package" && $0 > 0 && tokens[$0 - 1].text == "let"
            })
        else { return }
        for index in package..<tokens.count where tokens[index].kind == .word {
            if tokens[index].text == "url", let url = tokens[index...].first(where: { $0.kind == .string }) {
                packages.insert(url.text.split(separator: "/").last.map(String.init) ?? "")
            }
            guard ["target", "executableTarget", "systemLibrary", "tests"].contains(tokens[index].text) else {
                continue
            }
            let arguments = Self.group(tokens, from: index + 1, "(", ")")
            guard let name = arguments.first(where: { $0.kind == .string })?.text else { continue }
            let list = Self.dependencies(arguments)
            var target = Target()
            for item in list {
                if item.kind == .string { target.ours.insert(item.text) }
                if let product = products[item.text], item.kind == .word { target.products.insert(product) }
            }
            targets[tokens[index].text == "tests" ? name + "Tests" : name] = target
        }
    }

    /// The list behind the name or behind `dependencies:`; others hold resources and settings.
    private static func dependencies(_ arguments: [Token]) -> [Token] {
        let start = arguments.indices.first { index in
            guard arguments[index].text == "[", index > 0 else { return false }
            return arguments[index - 1].text == ","
                || (index > 1 && arguments[index - 2].text == "dependencies")
        }
        return start.map { group(arguments, from: $0, "[", "]") } ?? []
    }

    /// `let nioCore = Target.Dependency.product(name: "NIOCore", …)`: the constants and their products.
    private static func products(_ tokens: [Token]) -> [String: String] {
        var products: [String: String] = [:]
        for index in tokens.indices where tokens[index].text == "product" && index >= 6 {
            guard tokens[index - 6].text != "func",
                let name = tokens[index...].first(where: { $0.kind == .string })?.text
            else { continue }
            products[tokens[index - 6].text] = name
        }
        return products
    }

    /// The tokens between the bracket at `start` and the one that closes it.
    private static func group(
        _ tokens: [Token],
        from start: Int,
        _ open: String,
        _ close: String
    ) -> [Token] {
        var depth = 0
        for index in start..<tokens.count where tokens[index].kind == .symbol {
            if tokens[index].text == open { depth += 1 }
            if tokens[index].text == close { depth -= 1 }
            if depth == 0 { return Array(tokens[min(start + 1, index)..<index]) }
        }
        return []
    }
}
