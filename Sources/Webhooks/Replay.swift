package import Domain
import Registry
import Storage

/// A request to deliver past events again.
package struct ReplayRequest: Hashable, Sendable {
    /// What is delivered again.
    package enum Subject: Hashable, Sendable {
        /// Events, to one destination or to all that want them now.
        case events(EventFilter, destinationID: Int64?)
        /// One event, at its own priority.
        case event(EventID, destinationID: Int64?)
        /// Dead letters, each to its own destination.
        case deadLetters(DeliveryFilter)
        /// One dead letter, at its own priority.
        case deadLetter(DeliveryID)
    }

    /// What is delivered again.
    package let subject: Subject
    /// Who asked: the label of an API key.
    package let requestedBy: String

    /// Makes a request.
    package init(_ subject: Subject, requestedBy: String) {
        self.subject = subject
        self.requestedBy = requestedBy
    }
}

/// How far a replay has come.
package struct ReplayStatus: Equatable, Sendable {
    /// Its id.
    package let id: ReplayID
    /// What it replays, in words.
    package let summary: String
    /// Who asked.
    package let requestedBy: String
    /// When it was asked for.
    package let createdAt: Instant
    /// When everything was queued, or it was cancelled.
    package let finishedAt: Instant?
    /// Events or dead letters that matched so far.
    package let matched: Int
    /// Deliveries queued so far.
    package let queued: Int
    /// How much of the range has been looked through, 0 to 1.
    package let progress: Double
    /// Whether it was stopped before its end.
    package let isCancelled: Bool
}

/// What a replay would do.
package struct ReplayPreview: Equatable, Sendable {
    /// Events or dead letters that match now.
    package let matched: Int
    /// Deliveries that would be queued.
    package let deliveries: Int
}
