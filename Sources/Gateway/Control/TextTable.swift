/// Rows under headings, columns aligned by spaces.
package struct TextTable: Sendable {
    /// On which side a column's texts meet.
    package enum Alignment: Sendable {
        case left
        case right
    }

    /// One column.
    package struct Column: Sendable {
        /// Its heading.
        package let title: String
        /// On which side its texts meet.
        package let alignment: Alignment

        /// Makes a column.
        package init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    private let columns: [Column]
    private let rows: [[String]]

    /// Makes a table; each row has a text for each column, which is made fit for a terminal.
    package init(_ columns: [Column], rows: [[String]]) {
        precondition(rows.allSatisfy { $0.count == columns.count }, "a row has a text for each column")
        self.columns = columns
        self.rows = rows.map { $0.map(TerminalText.safe) }
    }

    /// The lines, headings first, no spaces at their ends.
    package var lines: [String] {
        let texts = [columns.map { $0.title.uppercased() }] + rows
        let widths = columns.indices.map { column in
            texts.map { TerminalText.width($0[column]) }.max() ?? 0
        }
        return texts.map { row in
            let cells = zip(zip(row, columns), widths).map { cell, width in
                Self.padded(cell.0, to: width, cell.1.alignment)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    private static func padded(_ text: String, to width: Int, _ alignment: Alignment) -> String {
        let padding = String(repeating: " ", count: width - TerminalText.width(text))
        return alignment == .left ? text + padding : padding + text
    }
}
