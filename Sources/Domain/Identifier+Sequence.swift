extension Identifier {
    /// Makes the id of row `sequence`, made at `instant`: the same row always has the same id, and no index is
    /// needed to find it.
    ///
    /// The UUIDv7's 62 free bits hold the number (RFC 9562 section 6.2 allows a counter there), its time the
    /// millisecond of `instant`; so ids sort by time, then by number.
    ///
    /// - Precondition: `sequence` is positive.
    package init(at instant: Instant, sequence: Int64) {
        precondition(sequence > 0, "rows are numbered from 1")
        self.init(milliseconds: UInt64(clamping: instant.milliseconds), 0, UInt64(sequence) << 2)
    }

    /// The number of the row this id names; meaningful only for ids made with one.
    package var sequence: Int64 {
        Int64(low & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// Whether this is the id of a row numbered `sequence` made at `instant`.
    package func names(row sequence: Int64, at instant: Instant) -> Bool {
        sequence > 0 && self == Identifier(at: instant, sequence: sequence)
    }
}
