import Yams

/// A YAML file as a tree of texts with their places, before anything is known about its keys.
///
/// Bounded in bytes, nodes, depth and aliases, so that no file makes Usher slow or large. Tags and merge keys
/// (`<<`) are refused: what stands in the file is what it means.
struct ConfigurationDocument {
    /// One node of the tree.
    struct Node {
        enum Content {
            case scalar(Scalar)
            case list([Node])
            case mapping([Member])
        }

        let position: FilePosition
        let content: Content
    }

    /// A text; only a plain one may be read as a number, a flag or nothing.
    struct Scalar {
        let text: String
        let isPlain: Bool

        /// `key:` with nothing behind it, `~` or `null`.
        var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }
    }

    /// One `key: value`.
    struct Member {
        let key: String
        let position: FilePosition
        let value: Node
    }

    /// The most bytes of a file: 1 MiB.
    static let bytesMax = 1_048_576
    /// The most nodes, aliases counted as often as they are used.
    static let nodesMax = 50_000
    /// The deepest nesting.
    static let depthMax = 32
    /// The most aliases.
    ///
    /// 32 can multiply a node by at most 130,000 (e^(32/e)), which bounds the work of the YAML
    /// parser itself.
    static let aliasesMax = 32

    /// The outermost node; nil for a file without content.
    let root: Node?

    /// Reads a text of at most `bytesMax` bytes.
    ///
    /// - Throws: `.invalid` with one problem, since after it the rest of the file cannot be understood.
    init(_ text: String, file: String) throws(ConfigurationError) {
        guard text.utf8.count <= Self.bytesMax else { throw .tooLarge(file: file) }
        guard aliasCount(text) <= Self.aliasesMax else {
            throw .invalid(
                file: file,
                problems: [
                    .init(
                        position: .start,
                        key: "",
                        message: "more than \(Self.aliasesMax) aliases (`*name`)"
                    )
                ]
            )
        }
        var builder = NodeBuilder()
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            root = try parser.singleRoot().map { try builder.node($0, depth: 1) }
        } catch let problem as ConfigurationProblem {
            throw .invalid(file: file, problems: [problem])
        } catch {
            throw .invalid(file: file, problems: [syntaxProblem(error)])
        }
    }
}

extension FilePosition {
    static let start = FilePosition(line: 1, column: 1)

    fileprivate init(_ mark: Mark?) {
        self = mark.map { FilePosition(line: $0.line, column: $0.column) } ?? .start
    }
}

extension ConfigurationProblem: Error {}

/// Turns Yams's nodes into ours and counts them.
private struct NodeBuilder {
    private var count = 0

    mutating func node(_ node: Yams.Node, depth: Int) throws -> ConfigurationDocument.Node {
        let position = FilePosition(node.mark)
        count += 1
        guard count <= ConfigurationDocument.nodesMax else {
            throw problem(position, "more than \(ConfigurationDocument.nodesMax) values, aliases included")
        }
        guard depth <= ConfigurationDocument.depthMax else {
            throw problem(position, "nested deeper than \(ConfigurationDocument.depthMax) levels")
        }
        switch node {
        case .scalar(let scalar):
            try refuseTag(scalar.tag, at: position)
            return .init(
                position: position,
                content: .scalar(.init(text: scalar.string, isPlain: scalar.style == .plain))
            )
        case .sequence(let sequence):
            try refuseTag(sequence.tag, at: position)
            return .init(
                position: position,
                content: .list(try sequence.map { try self.node($0, depth: depth + 1) })
            )
        case .mapping(let mapping):
            try refuseTag(mapping.tag, at: position)
            return .init(
                position: position,
                content: .mapping(try mapping.map { try member($0, depth: depth) })
            )
        case .alias:
            throw problem(position, "an alias without its anchor")
        }
    }

    private mutating func member(
        _ pair: Yams.Node.Mapping.Element,
        depth: Int
    ) throws -> ConfigurationDocument.Member {
        let position = FilePosition(pair.key.mark)
        guard case .scalar(let key) = pair.key else { throw problem(position, "a key must be a text") }
        guard key.string != "<<" else {
            throw problem(position, "merge keys (`<<`) are not read; repeat the keys")
        }
        return .init(key: key.string, position: position, value: try node(pair.value, depth: depth + 1))
    }

    private func refuseTag(_ tag: Tag, at position: FilePosition) throws {
        let name = tag.description
        guard
            ["", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"].contains(
                name
            )
        else { throw problem(position, "tags are not read; leave out `\(name)`") }
    }

    private func problem(_ position: FilePosition, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(position: position, key: "", message: message)
    }
}

/// The number of texts that may be an alias; some are not (in quotes, in comments), none is missed.
private func aliasCount(_ text: String) -> Int {
    var count = 0
    var previous: UInt8 = 0
    for byte in text.utf8 {
        if previous == 0x2A, isNameCharacter(byte) { count += 1 }
        previous = byte
    }
    return count
}

private func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true  // 0-9 A-Z a-z - _
    default: false
    }
}

/// What the YAML parser found, as one of our problems.
private func syntaxProblem(_ error: any Error) -> ConfigurationProblem {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
        let place = context.map { "\($0.text), " } ?? ""
        return ConfigurationProblem(
            position: FilePosition(mark),
            key: "",
            message: "not YAML: \(place)\(problem)"
        )
    case .composer(_, let problem, let mark, _):
        return ConfigurationProblem(position: FilePosition(mark), key: "", message: "not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
        return ConfigurationProblem(
            position: FilePosition(context.mark),
            key: keys.joined(separator: ", "),
            message: "stands here and once more further down in the same mapping; keep one"
        )
    case .reader(let problem, _, _, _):
        return ConfigurationProblem(position: .start, key: "", message: "not YAML: \(problem)")
    default:
        return ConfigurationProblem(position: .start, key: "", message: "not YAML")
    }
}
