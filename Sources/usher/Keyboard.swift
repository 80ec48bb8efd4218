import Foundation
import Synchronization

/// The keys of a terminal, one by one as they are pressed.
enum Keyboard {
    /// Whether somebody sits at one.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Calls `pressed` for each key until it throws or the task is cancelled; the terminal is then as it was before.
    static func withKeys(_ pressed: (UInt8) async throws -> Void) async throws {
        var before = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { return }
        var raw = before
        // Ctrl-C comes as a key, so that the terminal is put right on the way out; a read ends after 0.2 s.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        raw.c_cc.5 = 2
        raw.c_cc.6 = 0
        unsafe tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        defer { unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before) }
        for try await key in keys() { try await pressed(key) }
    }

    private static func keys() -> AsyncStream<UInt8> {
        AsyncStream { continuation in
            let reader = Reader()
            continuation.onTermination = { _ in reader.isOver.withLock { $0 = true } }
            Thread.detachNewThread {
                while !reader.isOver.withLock({ $0 }) {
                    var key: UInt8 = 0
                    let count = unsafe read(STDIN_FILENO, &key, 1)
                    if count == 1 { continuation.yield(key) }
                    if count < 0, errno != EINTR { break }
                }
                continuation.finish()
            }
        }
    }

    private final class Reader: Sendable {
        let isOver = Mutex(false)
    }
}
