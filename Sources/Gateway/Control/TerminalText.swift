/// Makes texts from elsewhere fit for a terminal.
package enum TerminalText {
    /// The text without anything that steers a terminal or reorders what stands beside it.
    ///
    /// Control characters (C0, DEL, C1) and Unicode's bidirectional and invisible formatting characters become `�`:
    /// an event's type or a label must not move the cursor, set a title or hide its own end.
    package static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { !isSafe($0) }) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(isSafe(scalar) ? scalar : "\u{FFFD}") }
        return String(scalars)
    }

    /// The same for text of several lines: line breaks and tabs stay.
    package static func safeLines(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(isSafe(scalar) || scalar == "\n" || scalar == "\t" ? scalar : "\u{FFFD}")
        }
        return String(scalars)
    }

    /// How many columns a text takes: one for each character; wide scripts take more, and a table then bends.
    package static func width(_ text: String) -> Int {
        text.count
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: false
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0x061C: false
        default: true
        }
    }
}
