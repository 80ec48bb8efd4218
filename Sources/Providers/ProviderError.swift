/// Why a source's description cannot be used.
///
/// Each text says what to write instead.
package enum ProviderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such provider.
    case unknownProvider(String)
    /// The settings are not an object.
    case settingsNotObject
    /// A key that this provider's settings do not have.
    case unknownSetting(String, known: [String])
    /// A value that the key cannot have.
    case invalidSetting(String, expected: String)
    /// A key that this provider's settings must have.
    case missingSetting(String, expected: String)
    /// Two settings that exclude or need each other.
    case conflictingSettings(String)
    /// Settings made for another provider.
    case otherProvider(expected: ProviderName, found: ProviderName)

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .unknownProvider: "provider_unknown"
        case .settingsNotObject, .invalidSetting, .missingSetting, .conflictingSettings, .otherProvider:
            "settings_invalid"
        case .unknownSetting: "settings_unknown_key"
        }
    }

    package var description: String {
        switch self {
        case .unknownProvider(let name):
            "there is no provider `\(name)`; write one of "
                + ProviderName.allCases.map { "`\($0)`" }.joined(separator: ", ")
        case .settingsNotObject:
            "the settings are not an object of keys and values; write {} for the defaults"
        case .unknownSetting(let key, let known):
            known.isEmpty
                ? "there is no setting `\(key)`: this provider needs none; write {} or leave them out"
                : "there is no setting `\(key)`; the settings of this provider are "
                    + known.map { "`\($0)`" }.joined(separator: ", ")
        case .invalidSetting(let key, let expected):
            "the setting `\(key)` must be \(expected)"
        case .missingSetting(let key, let expected):
            "the setting `\(key)` is missing: write \(expected)"
        case .conflictingSettings(let text):
            text
        case .otherProvider(let expected, let found):
            "these are settings for `\(found)`, but the source speaks `\(expected)`"
        }
    }
}
