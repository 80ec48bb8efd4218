import Domain

extension JSONValue {
    /// A YAML node as JSON: plain `true`, `false`, `null` and JSON numbers keep their type, everything else is a text.
    init(_ node: ConfigurationDocument.Node) {
        switch node.content {
        case .list(let items):
            self = .array(items.map { JSONValue($0) })
        case .mapping(let members):
            self = .object(members.map { JSONMember($0.key, JSONValue($0.value)) })
        case .scalar(let scalar) where scalar.isNull:
            self = .null
        case .scalar(let scalar) where scalar.isPlain && (scalar.text == "true" || scalar.text == "false"):
            self = .bool(scalar.text == "true")
        case .scalar(let scalar) where scalar.isPlain && isJSONNumber(scalar.text):
            self = .number(scalar.text)
        case .scalar(let scalar):
            self = .string(scalar.text)
        }
    }
}

/// Whether a text is a number by RFC 8259 section 6: no `+`, no leading zero, no `_`, no hexadecimal.
func isJSONNumber(_ text: String) -> Bool {
    var rest = text.utf8[...]
    if rest.first == 0x2D { rest.removeFirst() }
    guard let first = rest.first, isDigit(first) else { return false }
    let whole = dropDigits(&rest)
    guard whole == 1 || first != 0x30 else { return false }
    if rest.first == 0x2E {
        rest.removeFirst()
        guard dropDigits(&rest) > 0 else { return false }
    }
    if rest.first == 0x65 || rest.first == 0x45 {
        rest.removeFirst()
        if rest.first == 0x2B || rest.first == 0x2D { rest.removeFirst() }
        guard dropDigits(&rest) > 0 else { return false }
    }
    return rest.isEmpty
}

private func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte)
}

/// Drops the digits at the front; gives how many there were.
private func dropDigits(_ text: inout Substring.UTF8View) -> Int {
    let digits = text.prefix(while: isDigit)
    text.removeFirst(digits.count)
    return digits.count
}
