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
    /// The first window of a run; while nothing has to be halved, each one is twice as long as the one before.
    static let windowFirst = Duration.seconds(3_600)
    /// The most pages of one window; a window with more of them is halved.
    static let windowPagesMax = 5
    /// A window this short is read to its end, however many pages it has.
    static let windowMin = Duration.seconds(60)
    /// Stands as the position of an integration whose last run was cut off: nothing is read twice on its account.
    static let cutMark = "cut"

    /// Reads what happened since the last run, window by window, oldest first.
    func readEvents(_ work: inout Work) async throws {
        guard let listing = EventListingCatalogue.listing(of: work.integration.account.provider) else {
            return
        }
        let now = ports.time.now()
        let end = (now - Self.patience).wholeSecond
        // The oldest minute of the list is about to go.
        let oldest = now - listing.reach + Self.patience
        let overlap = work.row.position == Self.cutMark ? .zero : Self.overlap
        var start = (work.row.through.map { max($0 - overlap, oldest) } ?? now - Self.firstReach).wholeSecond
        var length = Self.windowFirst
        var grows = true
        work.row.position = nil
        while start < end {
            let stop = min((start + length).wholeSecond, end)
            guard let events = try await list(start..<stop, listing, &work) else {
                length = max((stop - start) / 2, Self.windowMin)
                grows = false
                continue
            }
            try await inject(events.map { .event($0) }, &work)
            // What the overlap reads again moves nothing back.
            work.row.through = max(stop, work.row.through ?? stop)
            try await save(&work)
            if grows { length *= 2 }
            start = stop
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
