/// Every limit of the live stream and of the export, by name.
package enum StreamLimits {
    /// How long a stream may be silent before it says that it lives, about: it is looked at every
    /// `SignalHub.beatEvery`.
    package static let heartbeatAfter = Duration.seconds(10)
    /// How often a brief stream says what is new.
    package static let briefEvery = Duration.seconds(1)
    /// What an event stream tells its client to wait before it comes again, in milliseconds.
    package static let retryMilliseconds = 2_000
    /// How often a stream may fall behind before it is ended: its client is too slow for what it asks for.
    package static let gapsMax = 3
    /// When a client that found no place is to come again, in seconds.
    package static let retryAfterSeconds = 10
    /// The most lines of one export.
    package static let exportLinesMax = 100_000
    /// The lines of an export unless the client says otherwise.
    package static let exportLines = 1_000
    /// The rows that are read at a time.
    package static let exportPageRows = 200
}
