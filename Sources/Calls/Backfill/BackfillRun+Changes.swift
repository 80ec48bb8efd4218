import Domain
import Providers

/// Reading a calendar's list of changes.
extension BackfillRun {
    /// The most requests of one conversation about changes.
    static let conversationMax = 200
    /// The longest pause that a provider may put into it.
    static let conversationPauseMax = Duration.seconds(30)
    /// How far a list with a window looks back.
    static let windowBehind = Duration.seconds(86_400)
    /// How far a list with a window looks ahead: weddings are booked two years before.
    static let windowAhead = Duration.seconds(730 * 86_400)
    /// After this long a list with a window is begun anew, with the window of that day.
    static let windowLife = Duration.seconds(30 * 86_400)

    /// Reads what changed since the last run in the account's own calendar.
    ///
    /// What the first reading holds is not news; nor is what a moved window brings, which is read once the old window's
    /// changes are in.
    func readChanges(_ work: inout Work) async throws {
        while true {
            try work.requireRoom()
            let now = ports.time.now()
            let since = work.row.position
            let reply = try await changes(since: since, now, &work)
            if !work.row.isFirst {
                let changes = (reply["items"]?.array ?? []).compactMap { item in
                    CalendarChangeEvent(
                        item,
                        of: work.integration.account.provider,
                        integration: work.integration.name,
                        since: since
                    )
                }
                try await inject(changes.map { .change($0) }, &work)
            }
            work.row.position = reply["next"]?.string
            guard work.row.position != nil else { throw Stop.failed(Self.endless) }
            if reply["more"]?.bool == true {
                try await save(&work)
                continue
            }
            work.row.isFirst = false
            work.row.through = now
            let isOver = isWindowOver(&work.row, now)
            try await save(&work)
            guard isOver else { return }
        }
    }

    /// Begins the list anew when its window is old.
    private func isWindowOver(_ row: inout StoredBackfill, _ now: Instant) -> Bool {
        guard let renewAt = row.renewAt, renewAt <= now else { return false }
        row.position = nil
        row.isFirst = true
        row.renewAt = nil
        return true
    }

    /// One reply of `calendar.changes`.
    private func changes(since: String?, _ now: Instant, _ work: inout Work) async throws -> JSONValue {
        let dialect = work.integration.dialect
        let window = (now - Self.windowBehind)..<(now + Self.windowAhead)
        if since == nil, dialect.facts.provider == .microsoftGraph {
            work.row.renewAt = now + Self.windowLife
        }
        let call = CallRequest(
            operation: .calendarChanges,
            input: .calendarChanges(CalendarChangesInput(calendar: nil, since: since, window: window)),
            key: Self.key,
            tag: "backfill",
            startedAt: now
        )
        var progress = JSONValue.null
        for _ in 0..<Self.conversationMax {
            let before = progress
            let (answer, account) = try await exchange(&work, .calendarChanges) { account in
                try dialect.next(call, account, progress: before, now: ports.time.now())
            } health: { answer, account in
                dialect.read(answer, call, account, progress: before).health
            }
            switch dialect.read(answer, call, account, progress: before) {
            case .succeeded(let outcome): return outcome.reply
            case .goOn(let next): progress = next
            case .wait(let next, let pause):
                progress = next
                try await ports.time.sleep(min(pause, Self.conversationPauseMax))
            case .refused(let failure), .notApplied(let failure), .inDoubt(let failure):
                throw Stop.failed(failure)
            }
        }
        throw Stop.failed(CallRunner.endless)
    }

    /// A read takes no effect: one key serves all.
    private static let key = String(repeating: "0", count: 32)

    private static let endless = ProviderFailure(
        .rejected,
        code: "no_position",
        message: "the provider does not say where its list of changes goes on"
    )
}
