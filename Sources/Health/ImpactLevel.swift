/// How much an incident means to a wedding; raw values are for documents.
package enum ImpactLevel: String, CaseIterable, Comparable, Sendable {
    case none
    case low
    case medium
    case high
    case critical

    /// By weight.
    package static func < (left: ImpactLevel, right: ImpactLevel) -> Bool { left.weight < right.weight }

    private var weight: Int { ImpactLevel.allCases.firstIndex(of: self) ?? 0 }
}
