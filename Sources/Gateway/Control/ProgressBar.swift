/// A bar that fills from left to right, as one line of text.
package enum ProgressBar {
    /// The bar's own width in columns.
    package static let width = 30

    /// The line for `fraction` (0 to 1, anything beyond is cut) with `note` behind it.
    package static func line(_ fraction: Double, note: String) -> String {
        let part = fraction.isFinite ? min(max(fraction, 0), 1) : 0
        let filled = Int((part * Double(width)).rounded(.down))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let percent = "\(Int((part * 100).rounded(.down)))%"
        return bar + String(repeating: " ", count: 5 - percent.count) + percent + "  "
            + TerminalText.safe(note)
    }
}
