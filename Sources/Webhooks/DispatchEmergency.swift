package import Domain

/// What emergency mode asks of deliveries while it is on: those of low priority wait in their lanes, and what failed
/// for these weddings is tried again sooner.
///
/// Nothing is given up that otherwise would not be: what waits stays stored, and the second half of the attempts keeps
/// its waits.
package struct DispatchEmergency: Hashable, Sendable {
    /// The weddings that are on.
    package let weddings: Set<WeddingID>

    /// Names the weddings that are on.
    package init(weddings: Set<WeddingID>) {
        self.weddings = weddings
    }
}
