import Domain
import Providers
import Resilience

/// Reading a processor's list of past events.
extension BackfillRun {
    /// How much of what is known is read again: lists show some events late.
    static let overlap = Duration.seconds(300)
    /// How far the first run looks back.
    static let firstReach = Duration.seconds(86_400)
    /// How long an event's own webhook is waited for.
    static let patience = Duration.seconds(60)
    /// The most pages of one window; a window with more of them is halved.
    static let windowPagesMax = 10
    /// A window this short is not halved.
    static let windowMin = Duration.seconds(2)

    /// Reads what happened since the last run, window by window, oldest first.
    func readEvents(_ work: inout Work) async throws {
        guard let listing = EventListingCatalogue.listing(of: work.integration.account.provider) else {
            return
        }
        let now = ports.time.now()
        let end = (now - Self.patience).wholeSecond
        // The oldest minute of the list is about to go.
        let oldest = now - listing.reach + Self.patience
        var start = work.row.through.map { max($0 - Self.overlap, oldest) } ?? now - Self.firstReach
        start = start.wholeSecond
        var stop = end
        while start < end {
            guard let events = try await list(start..<stop, listing, &work) else {
                stop = (start + (stop - start) / 2).wholeSecond
                continue
            }
            try await inject(events.map { .event($0) }, &work)
            work.row.through = stop
            try await save(&work)
            let length = (stop - start) * 2
            start = stop
            stop = min(start + length, end)
        }
    }

    /// The events of a window, oldest first; nil when they are too many for one go.
    private func list(
        _ window: Range<Instant>,
        _ listing: any EventListing,
        _ work: inout Work
    ) async throws -> [ListedEvent]? {
        let mayHalve = window.upperBound - window.lowerBound > Self.windowMin
        var events: [ListedEvent] = []
        var next: String?
        var pages = 0
        repeat {
            guard pages < Self.windowPagesMax || !mayHalve else { return nil }
            try work.requireRoom()
            let page = next
            let (answer, _) = try await exchange(&work, .paymentsGet) { account in
                listing.request(account, from: window.lowerBound, to: window.upperBound, page: page)
            } health: { answer, _ in
                if case .failed(let failure) = listing.read(answer) { failure.health } else { .ok }
            }
            switch listing.read(answer) {
            case .page(let page):
                events += page.events
                next = page.next
            case .failed(let failure):
                // A success that cannot be read is most likely too long.
                guard mayHalve, (200..<300).contains(answer.status) else { throw Stop.failed(failure) }
                return nil
            }
            pages += 1
        } while next != nil
        return listing.isNewestFirst ? events.reversed() : events
    }
}

extension Instant {
    fileprivate var wholeSecond: Instant { Instant(seconds: seconds) }
}
