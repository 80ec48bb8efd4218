import Domain

/// A value that passed its row of the table.
enum ConfigurationValue {
    case text(String)
    case texts([String])
    case whole(Int)
    case number(Double)
    case flag(Bool)
    /// Secrets by name; the name of one that stands alone is empty.
    case credential([String: String])
    case settings(JSONValue)
    case section(ConfigurationSection)
    case sections([(ResourceName, ConfigurationSection)])
}

/// The good values of one section, each gone when it was left out or wrong.
struct ConfigurationSection {
    let path: String
    let position: FilePosition
    /// The keys that stand in the file, right or wrong.
    var present: Set<String> = []
    var positions: [String: FilePosition] = [:]
    var values: [String: ConfigurationValue] = [:]

    func text(_ key: String) -> String? {
        if case .text(let text) = values[key] { text } else { nil }
    }

    func texts(_ key: String) -> [String]? {
        if case .texts(let texts) = values[key] { texts } else { nil }
    }

    func whole(_ key: String) -> Int? {
        if case .whole(let number) = values[key] { number } else { nil }
    }

    func number(_ key: String) -> Double? {
        if case .number(let number) = values[key] { number } else { nil }
    }

    func flag(_ key: String) -> Bool? {
        if case .flag(let flag) = values[key] { flag } else { nil }
    }

    func credential(_ key: String) -> [String: String]? {
        if case .credential(let texts) = values[key] { texts } else { nil }
    }

    func settings(_ key: String) -> JSONValue? {
        if case .settings(let settings) = values[key] { settings } else { nil }
    }

    func section(_ key: String) -> ConfigurationSection? {
        if case .section(let section) = values[key] { section } else { nil }
    }

    func sections(_ key: String) -> [(ResourceName, ConfigurationSection)] {
        if case .sections(let sections) = values[key] { sections } else { [] }
    }

    /// Where a key stands; where the section starts when it does not.
    func position(_ key: String) -> FilePosition {
        positions[key] ?? position
    }
}
