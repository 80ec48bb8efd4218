/// The limits of payload sealing; the defaults are for production, small ones make tests reach them.
package struct PayloadLimits: Hashable, Sendable {
    /// How often one data key may seal: 2³¹.
    ///
    /// With random 96-bit nonces NIST SP 800-38D section 8.3 allows 2³² uses of a key (chance of a repeated
    /// nonce below 2⁻³²); half of it leaves room for error. Then the next term of the same scope and day begins.
    package var usesMax = 1 << 31
    /// How many uses are reserved in the database at a time: 2²⁰.
    ///
    /// A restart forfeits what is left of one.
    package var usesReserved = 1 << 20
    /// With this many reserved uses left the key is fetched again: 2¹⁶, more than are ever in flight.
    package var usesLow = 1 << 16
    /// How many data keys are held in memory: 1,024, about 300 bytes each.
    package var cachedKeysMax = 1_024
    /// How many callers may wait for one key that is being fetched: 4,096.
    package var waitingMax = 4_096

    /// The production limits.
    package init() {}
}
