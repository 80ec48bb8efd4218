package import Providers

/// Something found in a provider's list.
package enum FoundEvent: Sendable {
    /// A past event, as its webhook would have brought it.
    case event(ListedEvent)
    /// A change of a calendar.
    case change(CalendarChangeEvent)
}

/// What became of something found.
package enum Injection: Hashable, Sendable {
    /// It was new; it is stored, and delivered like any other.
    case injected
    /// It was there already.
    case duplicate
    /// It cannot be understood; the text says why.
    case unreadable(String)
}

/// What backfilling needs of those who take webhooks in.
package struct BackfillPorts: Sendable {
    /// Why what is found of an integration has nowhere to go; nil when it does.
    package var obstacle: @Sendable (CallIntegration) -> String?
    /// Stores what was found, unless it is there already; durable when it returns.
    package var inject: @Sendable (FoundEvent, CallIntegration) async throws -> Injection

    /// Collects the ports.
    package init(
        obstacle: @escaping @Sendable (CallIntegration) -> String? = { _ in nil },
        inject: @escaping @Sendable (FoundEvent, CallIntegration) async throws -> Injection
    ) {
        self.obstacle = obstacle
        self.inject = inject
    }
}

extension CallIntegration {
    /// What of its past can be read; nil for a provider that keeps no list.
    package var backfillKind: BackfillKind? {
        if EventListingCatalogue.listing(of: account.provider) != nil { return .events }
        return dialect.facts.operations.contains(.calendarChanges) ? .changes : nil
    }
}
