import Testing

/// The rules, over this repository.
@Suite struct RepositoryTests {
    @Test func `the sources are found`() {
        #expect(Repository.files.count > 30)
        #expect(Repository.manifest.targets.count > 20)
    }

    @Test func `imports follow the table of targets`() {
        #expect(Repository.findings { $0.rule.hasPrefix("import ") } == [])
    }

    @Test func `files and functions stay small`() {
        #expect(Repository.findings { $0.rule.hasSuffix(" length") } == [])
    }

    @Test func `no banned word stands in the code`() {
        let others = ["documentation", "type name", "file length", "function length"]
        #expect(Repository.findings { !others.contains($0.rule) && !$0.rule.hasPrefix("import ") } == [])
    }

    @Test func `types are named after what they are`() {
        #expect(Repository.findings { $0.rule == "type name" } == [])
    }

    @Test func `what other targets may use is documented`() {
        #expect(Repository.findings { $0.rule == "documentation" } == [])
    }

    @Test func `every exception is needed and has a reason`() {
        for exception in Exception.all {
            #expect(
                Repository.findings.contains { exception.allows($0) },
                "\(exception) allows nothing; remove it"
            )
            #expect(exception.reason.split(separator: " ").count >= 5, "\(exception) does not say why")
        }
    }
}

/// The table of targets, against `Package.swift` and against the rules it must itself obey.
@Suite struct TargetTableTests {
    @Test func `the manifest has the targets and edges of the table`() {
        let targets = Repository.manifest.targets.filter { !$0.key.hasSuffix("Tests") }
        #expect(Set(targets.keys) == Set(TargetRule.all.map(\.name)))
        for rule in TargetRule.all {
            #expect(targets[rule.name]?.ours == rule.ours, "\(rule.name)")
            #expect(targets[rule.name]?.products == rule.products, "\(rule.name)")
        }
    }

    @Test func `the pages name the targets and packages there are`() {
        let targets = Repository.tableNames("docs/ARCHITECTURE.md", column: 1)
        #expect(targets.sorted() == TargetRule.all.map(\.name).sorted())
        let packages = Repository.tableNames("docs/dependencies.md", column: 0)
        #expect(packages.sorted() == Repository.manifest.packages.sorted())
    }

    @Test(arguments: TargetRule.all)
    func `edges point down`(rule: TargetRule) throws {
        for name in rule.ours {
            let other = try #require(
                TargetRule.named(name),
                "\(rule.name) imports \(name), which is no target"
            )
            #expect(rule.objection(to: other) == nil, "\(rule.name) imports \(name)")
        }
    }

    @Test(arguments: TargetRule.all)
    func `packages are used where they belong`(rule: TargetRule) {
        for product in rule.products {
            #expect(TargetRule.onlyIn[product]?.contains(rule.name) ?? true, "\(rule.name) uses \(product)")
        }
        if rule.layer.isPure {
            #expect(rule.products.subtracting(TargetRule.pureProducts) == [])
        }
    }

    @Test func `tests use what their target may use`() throws {
        for (name, target) in Repository.manifest.targets where name.hasSuffix("Tests") && name != "TidyTests"
        {
            // Only the command line's own target has a name in lower case.
            let tested = name == "UsherTests" ? "usher" : String(name.dropLast(5))
            let rule = try #require(TargetRule.named(tested), "\(name) tests nothing")
            let extra = TargetRule.extraForTests[name] ?? []
            let allowed = rule.ours.union(rule.products).union(extra).union([
                tested, "UsherTesting", "Logging",
            ])
            #expect(target.ours.union(target.products).subtracting(allowed) == [], "\(name)")
        }
    }
}
