import Foundation
import Gateway
import Sandbox
import Synchronization

/// Shows what happens in the demonstration: a line each, and the counts below them on a terminal.
final class DemonstrationScreen: Sendable {
    private let board = Mutex(DemonstrationBoard())
    private let isQuiet: Bool

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
    }

    /// The counts in one line.
    var summary: String { board.withLock { $0.summary } }

    /// Books a happening and shows it.
    func happened(_ happening: DemonstrationBoard.Happening) {
        board.withLock { board in
            let line = board.happened(happening)
            guard !isQuiet else { return }
            // Written under the lock, so that two lines cannot mix.
            if Terminal.isInteractive {
                try? Terminal.rewrite(text(line) + "\n" + board.summary)
            } else {
                try? Terminal.write(text(line))
            }
        }
    }

    /// Leaves the line of the counts.
    func end() {
        if Terminal.isInteractive, !isQuiet { try? Terminal.rewrite("") }
    }

    private func text(_ line: DemonstrationBoard.Line) -> String {
        let clock = Self.clock()
        let sign = padded(line.sign, 4)
        let place = padded(TerminalText.safe(line.place), 10)
        let type = padded(TerminalText.safe(line.type), 30)
        return "\(clock)  \(painted(sign, line.tone))  \(place)  \(type)  \(painted(line.text, line.tone))"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - TerminalText.width(text)))
    }

    private func painted(_ text: String, _ tone: DemonstrationBoard.Tone) -> String {
        guard Terminal.hasColour else { return text }
        let colour =
            switch tone {
            case .arrival: "36"
            case .success: "32"
            case .trouble: "33"
            case .loss: "31;1"
            case .quiet: "2"
            }
        return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
    }

    private static func clock() -> String {
        let formatter = DateFormatter()
        formatter.dateFormat = "HH:mm:ss"
        return formatter.string(from: Date())
    }
}
