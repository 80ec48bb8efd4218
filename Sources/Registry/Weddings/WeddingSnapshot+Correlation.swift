package import Domain
package import Providers

/// What an event belongs to, as far as is known.
package struct EventOwner: Hashable, Sendable {
    /// The wedding.
    package let wedding: WeddingID?
    /// The vendor.
    package let vendor: ResourceName?

    /// Names both, or not.
    package init(wedding: WeddingID? = nil, vendor: ResourceName? = nil) {
        self.wedding = wedding
        self.vendor = vendor
    }
}

extension WeddingSnapshot {
    /// Whether there is nothing an event could belong to.
    package var isEmpty: Bool { weddings.isEmpty && vendors.isEmpty }

    /// Which of the candidates there are: ids before references, in the order of the rules.
    ///
    /// - Parameter sourceVendor: the vendor whose source it came through; nil is the platform's own. A vendor's
    ///   source speaks for that vendor alone, and only of weddings it works: what others write into their webhooks
    ///   must not make them urgent.
    package func owner(_ candidates: CorrelationCandidates, sourceVendor: ResourceName?) -> EventOwner {
        func isReachable(_ id: WeddingID) -> Bool {
            guard let wedding = weddings[id] else { return false }
            return sourceVendor.map { wedding.isWorked(by: $0) } ?? true
        }
        let links = candidates.references.compactMap { references[$0] }.filter { isReachable($0.wedding) }
        let wedding = candidates.weddings.first(where: isReachable) ?? links.first?.wedding
        let named = candidates.vendors.first { vendors[$0] != nil }
        let linked = links.first { $0.wedding == wedding }?.vendor
        return EventOwner(wedding: wedding, vendor: sourceVendor ?? named ?? linked)
    }
}
