/// Imports follow the table of targets, the system's modules included.
enum ImportRule {
    static func findings(_ file: SourceFile, manifest: Manifest) -> [Finding] {
        let allowed = allowedModules(file, manifest: manifest)
        return imports(file).compactMap { module, line in
            guard !allowed.contains(module) else { return nil }
            return file.finding("import \(module)", line: line, "is not in the table for \(file.target)")
        }
    }

    /// The modules a file imports, with their lines.
    static func imports(_ file: SourceFile) -> [(String, Int)] {
        let kinds = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        return file.code.indices.filter { file.code[$0].text == "import" }.map { index in
            let next = kinds.contains(file.word(index + 1)) ? index + 2 : index + 1
            return (file.word(next), file.code[index].line)
        }
    }

    private static func allowedModules(_ file: SourceFile, manifest: Manifest) -> Set<String> {
        let always: Set<String> = ["Synchronization", "FoundationEssentials"]
        let system: Set<String> = ["Foundation", "Dispatch", "Glibc", "Musl", "Darwin"]
        if file.isTest {
            let target = manifest.targets[file.target] ?? .init()
            return always.union(system).union(["Testing"]).union(target.ours).union(modules(target.products))
        }
        guard let rule = TargetRule.named(file.target) else { return [] }
        let ours = always.union(rule.ours).union(modules(rule.products))
        return rule.layer.isPure ? ours : ours.union(system)
    }

    /// The modules that come with a product.
    private static func modules(_ products: Set<String>) -> Set<String> {
        var modules = products
        if products.contains("Collections") {
            modules.formUnion([
                "BasicContainers", "DequeModule", "HashTreeCollections", "HeapModule", "OrderedCollections",
            ])
        }
        return modules
    }
}
