/// What one JSON text may cost.
///
/// Beyond a limit the text is refused, however valid it is.
package struct JSONLimits: Hashable, Sendable {
    /// The most containers inside each other; `[[]]` has depth 2.
    package let depthMax: Int
    /// The most values, containers included.
    package let nodesMax: Int
    /// The most bytes between the quotes of a string or a name, as written.
    package let stringBytesMax: Int
    /// The most characters of a number.
    package let numberBytesMax: Int

    /// What webhooks and API bodies get: depth 64, 50 000 values, strings of 256 KiB, numbers of 1 KiB.
    package static let standard = JSONLimits()

    /// Makes limits; all at least 1.
    package init(
        depthMax: Int = 64,
        nodesMax: Int = 50_000,
        stringBytesMax: Int = 256 * 1_024,
        numberBytesMax: Int = 1_024
    ) {
        precondition(
            min(depthMax, nodesMax, stringBytesMax, numberBytesMax) >= 1,
            "every JSON limit is at least 1"
        )
        self.depthMax = depthMax
        self.nodesMax = nodesMax
        self.stringBytesMax = stringBytesMax
        self.numberBytesMax = numberBytesMax
    }
}
