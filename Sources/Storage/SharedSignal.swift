/// What one node tells the others on the same database when it commits.
///
/// A hint to look, never the news itself: signals are lost while a connection is, so every listener also looks from
/// time to time.
package struct SharedSignal: Hashable, Sendable {
    /// The most bytes of topic and detail; PostgreSQL takes under 8000.
    package static let bytesMax = 1_000

    /// What it is about, without a colon: `deliveries`, `registry`.
    package let topic: String
    /// More about it; may be empty.
    package let detail: String

    /// Makes a signal; a detail that is too long is left out.
    package init(_ topic: String, detail: String = "") {
        precondition(!topic.utf8.contains(UInt8(ascii: ":")), "A topic has no colon.")
        self.topic = topic
        self.detail = topic.utf8.count + detail.utf8.count <= Self.bytesMax ? detail : ""
    }

    /// The signal as it travels.
    var text: String { "\(topic):\(detail)" }

    /// Reads what travelled; nil when it is something else.
    init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(String(parts[0]), detail: String(parts[1]))
    }
}
