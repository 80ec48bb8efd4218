package import Domain

/// What a replay's status means to somebody who waits for it.
package struct ReplayProgress: Hashable, Sendable {
    /// The replay's id.
    package let id: String
    /// How much has been looked through, 0 to 1.
    package let fraction: Double
    /// Whether nothing more will be queued.
    package let isFinished: Bool
    /// Whether it was stopped before its end.
    package let isCancelled: Bool
    /// What matched.
    package let matched: Int64
    /// What was queued.
    package let queued: Int64

    /// Reads a status of the API; nil when it is none.
    package init?(_ status: JSONValue) {
        guard let id = status["id"]?.string, let matched = status["matched"]?.int64,
            let queued = status["queued"]?.int64
        else { return nil }
        self.id = id
        self.matched = matched
        self.queued = queued
        isFinished = status["finished_at"].map { !$0.isNull } ?? false
        isCancelled = status["cancelled"]?.bool ?? false
        fraction = isFinished ? 1 : status["progress"]?.double ?? 0
    }

    /// The counts, for a progress bar.
    package var note: String { "\(matched) matched, \(queued) queued" }

    /// How it ended, for people.
    package var conclusion: String {
        let queuedText = counted(queued, "delivery", plural: "deliveries") + " queued"
        if isCancelled { return "Replay \(id) was cancelled: \(queuedText) before that." }
        guard matched > 0 else { return "Nothing matched: there was nothing to replay." }
        return "Replay \(id) is queued: \(matched) matched, \(queuedText). See them go: usher events tail"
    }
}
