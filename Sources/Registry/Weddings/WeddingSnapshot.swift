package import Domain

/// To which wedding, and to whose part of it, a provider's object belongs.
package struct WeddingLink: Hashable, Sendable {
    /// The wedding.
    package let wedding: WeddingID
    /// The vendor whose object it is; nil when it is nobody's in particular.
    package let vendor: ResourceName?

    /// Names a wedding and perhaps a vendor.
    package init(wedding: WeddingID, vendor: ResourceName? = nil) {
        self.wedding = wedding
        self.vendor = vendor
    }
}

/// All weddings, vendors and references as of one commit: looked up by hash, on the hot path.
package struct WeddingSnapshot: Sendable {
    /// The weddings, by id.
    package let weddings: [WeddingID: Wedding]
    /// The vendors, by name.
    package let vendors: [ResourceName: Vendor]
    /// Providers' objects.
    package let references: [ExternalReference: WeddingLink]

    /// Nothing.
    package static let empty = WeddingSnapshot(weddings: [:], vendors: [:], references: [:])

    /// Collects what there is.
    package init(
        weddings: [WeddingID: Wedding],
        vendors: [ResourceName: Vendor],
        references: [ExternalReference: WeddingLink]
    ) {
        self.weddings = weddings
        self.vendors = vendors
        self.references = references
    }

    /// The references of a wedding, in a stable order.
    package func references(of wedding: WeddingID) -> [(ExternalReference, WeddingLink)] {
        references.filter { $0.value.wedding == wedding }.map { ($0.key, $0.value) }
            .sorted { $0.0.description.utf8.lexicographicallyPrecedes($1.0.description.utf8) }
    }

    /// What a wedding means at `now`; nil without one.
    package func moment(of wedding: WeddingID?, at now: Instant) -> WeddingMoment? {
        wedding.flatMap { weddings[$0]?.clock.moment(at: now) }
    }
}
