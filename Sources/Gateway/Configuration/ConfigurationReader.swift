import Domain

/// Checks a document against the table of keys and gathers everything that is wrong with it.
struct ConfigurationReader {
    private(set) var problems: [ConfigurationProblem] = []

    /// The section that stands in `node`: its good values; what is bad is in `problems`.
    ///
    /// - Parameters:
    ///   - schema: the section's path in the table, with `NAME` for chosen names.
    ///   - path: the same as it stands in the file.
    mutating func section(
        _ node: ConfigurationDocument.Node,
        schema: String,
        path: String
    ) -> ConfigurationSection {
        var section = ConfigurationSection(path: path, position: node.position)
        guard let members = members(of: node, path: path) else { return section }
        let keys = ConfigurationKey.children(of: schema)
        for member in members {
            let memberPath = joined(path, member.key)
            guard let key = keys.first(where: { $0.name == member.key }) else {
                let near = nearest(to: member.key, among: keys.map(\.name))
                let hint = near.map { "; did you mean `\($0)`?" } ?? "; known are \(list(keys.map(\.name)))"
                report(member.position, memberPath, "unknown key\(hint)")
                section.present.insert(member.key)
                continue
            }
            section.present.insert(member.key)
            section.positions[member.key] = member.position
            section.values[member.key] = value(member.value, of: key, path: memberPath, at: member.position)
        }
        for key in keys where key.isRequired && !section.present.contains(key.name) {
            report(node.position, joined(path, key.name), "is missing")
        }
        return section
    }

    /// Adds a problem that only several keys together have.
    mutating func report(_ position: FilePosition, _ path: String, _ message: String) {
        problems.append(ConfigurationProblem(position: position, key: path, message: message))
    }

    /// Adds what the rules of other targets found in a section, each problem at its key.
    mutating func report(_ problems: [DefinitionRules.Problem], of section: ConfigurationSection) {
        for problem in problems {
            let key = problem.key.prefix { $0 != "." }
            report(section.position(String(key)), joined(section.path, problem.key), problem.message)
        }
    }

    private mutating func members(
        of node: ConfigurationDocument.Node,
        path: String
    ) -> [ConfigurationDocument.Member]? {
        switch node.content {
        case .mapping(let members): return members
        case .scalar(let scalar) where scalar.isNull: return []
        case .scalar, .list:
            report(node.position, path, "must be a mapping of keys to values")
            return nil
        }
    }

    private mutating func value(
        _ node: ConfigurationDocument.Node,
        of key: ConfigurationKey,
        path: String,
        at position: FilePosition
    ) -> ConfigurationValue? {
        switch key.kind {
        case .section:
            return .section(section(node, schema: key.path, path: path))
        case .sections:
            return namedSections(node, schema: key.path, path: path)
        case .settings:
            return settings(node, path: path)
        case .credential:
            return credential(node, path: path)
        case .texts(_, let most, let problem):
            return texts(node, most: most, problem: problem, path: path)
        case .text(_, let problem):
            return text(node, problem: problem, path: path).map(ConfigurationValue.text)
        case .choice, .whole, .number, .flag:
            guard case .scalar(let scalar) = node.content, !scalar.isNull else {
                report(node.position, path, "must be \(expectation(key.kind))")
                return nil
            }
            guard let value = plainValue(scalar, kind: key.kind) else {
                report(node.position, path, "must be \(expectation(key.kind)); here it is `\(scalar.text)`")
                return nil
            }
            return value
        }
    }

    private mutating func namedSections(
        _ node: ConfigurationDocument.Node,
        schema: String,
        path: String
    ) -> ConfigurationValue? {
        guard let members = members(of: node, path: path) else { return nil }
        var sections: [(ResourceName, ConfigurationSection)] = []
        for member in members {
            let memberPath = joined(path, member.key)
            let read = section(member.value, schema: schema + ".NAME", path: memberPath)
            if let name = ResourceName(member.key) {
                sections.append((name, read))
            } else {
                report(
                    member.position,
                    memberPath,
                    "the name \(TextRule.name(member.key) ?? "is not allowed")"
                )
            }
        }
        return .sections(sections)
    }

    private mutating func texts(
        _ node: ConfigurationDocument.Node,
        most: Int,
        problem: (String) -> String?,
        path: String
    ) -> ConfigurationValue? {
        guard case .list(let items) = node.content else {
            report(node.position, path, "must be a list, such as [one, two]")
            return nil
        }
        guard items.count <= most else {
            report(node.position, path, "has \(items.count) items; \(most) is the most")
            return nil
        }
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            guard let text = text(item, problem: problem, path: "\(path)[\(index)]") else { continue }
            if texts.contains(text) {
                report(item.position, "\(path)[\(index)]", "stands in the list twice")
            }
            texts.append(text)
        }
        return .texts(texts)
    }

    private mutating func text(
        _ node: ConfigurationDocument.Node,
        problem: (String) -> String?,
        path: String
    ) -> String? {
        guard case .scalar(let scalar) = node.content else {
            report(node.position, path, "must be a text")
            return nil
        }
        guard !scalar.isNull, !scalar.text.isEmpty else {
            report(node.position, path, "must not be empty")
            return nil
        }
        if let problem = problem(scalar.text) {
            report(node.position, path, problem)
            return nil
        }
        return scalar.text
    }

    private mutating func credential(
        _ node: ConfigurationDocument.Node,
        path: String
    ) -> ConfigurationValue? {
        guard case .mapping(let members) = node.content else {
            return text(node, problem: TextRule.credential, path: path).map { .credential(["": $0]) }
        }
        var texts: [String: String] = [:]
        for member in members {
            let memberPath = joined(path, member.key)
            texts[member.key] = text(member.value, problem: TextRule.credential, path: memberPath)
        }
        guard texts.count == members.count else { return nil }
        return .credential(texts)
    }

    private mutating func settings(_ node: ConfigurationDocument.Node, path: String) -> ConfigurationValue? {
        switch node.content {
        case .mapping:
            return .settings(JSONValue(node))
        case .scalar(let scalar) where scalar.isNull:
            return .settings(.object([]))
        case .scalar, .list:
            report(node.position, path, "must be a mapping of keys to values")
            return nil
        }
    }
}

/// Reads a scalar as strictly as JSON: `yes`, `0x10`, `1_000` and `"5"` are not what somebody may think they are.
private func plainValue(
    _ scalar: ConfigurationDocument.Scalar,
    kind: ConfigurationKey.Kind
) -> ConfigurationValue? {
    switch kind {
    case .choice(let words):
        return words.contains(scalar.text) ? .text(scalar.text) : nil
    case .flag:
        guard scalar.isPlain else { return nil }
        return scalar.text == "true" ? .flag(true) : scalar.text == "false" ? .flag(false) : nil
    case .whole(let range):
        guard scalar.isPlain, isJSONNumber(scalar.text), let number = Int(scalar.text), range.contains(number)
        else {
            return nil
        }
        return .whole(number)
    case .number(let range):
        guard scalar.isPlain, isJSONNumber(scalar.text), let number = Double(scalar.text),
            range.contains(number)
        else { return nil }
        return .number(number)
    case .text, .texts, .credential, .settings, .section, .sections:
        return nil
    }
}

/// What a kind of scalar must be, for messages.
private func expectation(_ kind: ConfigurationKey.Kind) -> String {
    switch kind {
    case .choice(let words): "one of \(list(words))"
    case .flag: "true or false"
    case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number from \(decimal(range.lowerBound)) to \(decimal(range.upperBound))"
    case .text, .texts, .credential, .settings, .section, .sections: "something else"
    }
}

/// A number without a needless `.0`.
func decimal(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
}

private func list(_ words: [String]) -> String {
    words.map { "`\($0)`" }.joined(separator: ", ")
}

private func joined(_ path: String, _ key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
}
