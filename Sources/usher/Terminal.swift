import ArgumentParser
import Domain
import Foundation
import Gateway

/// Standard output and standard error, written at once and without buffers.
enum Terminal {
    /// Whether a person sees standard output.
    static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person can answer on standard input.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether colours are wanted (https://no-color.org).
    static var hasColour: Bool {
        isInteractive && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty ?? true
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Writes a line to standard output; throws `readerGone` when nobody reads any more.
    static func write(_ line: String) throws {
        try put(line + "\n")
    }

    /// Writes lines to standard output.
    static func write(_ lines: [String]) throws {
        for line in lines { try write(line) }
    }

    /// Writes a value as JSON: indented for people, on one line otherwise when `compact`.
    static func write(_ value: JSONValue, compact: Bool = false) throws {
        let text = String(decoding: value.serialized(pretty: !compact), as: UTF8.self)
        try write(isInteractive ? TerminalText.safeLines(text) : text)
    }

    /// Writes a document as it came; on a terminal without what could steer it.
    static func write(document text: String) throws {
        try put(isInteractive ? TerminalText.safeLines(text) : text)
    }

    /// Writes text without a line break, over what stands in the line.
    static func rewrite(_ line: String) throws {
        try put("\r\u{1B}[K" + line)
    }

    /// How a shell reports the end by SIGPIPE: `usher events tail | head` ends so, without a message.
    private static let readerGone = ExitCode(141)

    private static func put(_ text: String) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            throw readerGone
        }
    }

    /// Writes a line to standard error.
    static func note(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Asks a question that is answered with yes or no; anything but `y` or `yes` is no.
    static func confirm(_ question: String) -> Bool {
        try? put(question + " [y/N] ")
        let answer = readLine()?.lowercased()
        return answer == "y" || answer == "yes"
    }
}
