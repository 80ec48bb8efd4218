import Domain
import Logging
import Providers
import Resilience
import Storage

/// Reads what one integration's provider lists since the last time, and injects what is new.
///
/// What was found is durable before the position moves: a crash between the two reads the same again, and what is there
/// already is not stored twice.
struct BackfillRun: Sendable {
    /// The most requests of one run; what is left waits for the next.
    static let requestsMax = 120
    /// How long a run is believed to be alive after its last sign.
    static let leaseTime = Duration.seconds(300)
    /// After this many injections a run gives a sign.
    static let signEvery = 100
    /// The most bytes of a page of past events: 16 MiB.
    static let pageBytesMax = 16 * 1_048_576
    /// When the next run begins after one that was cut off.
    static let pauseWhenCut = Duration.seconds(10)
    /// When the next run begins after one whose provider did not answer, unless it asks for longer.
    static let pauseWhenFailed = Duration.seconds(300)

    let ports: CallPorts
    let backfill: BackfillPorts
    let database: Database
    let desk: CallDesk

    /// Why a run ends before its end.
    enum Stop: Error {
        /// The requests are used up: there is more.
        case cut
        case failed(ProviderFailure)
    }

    /// A run on its way.
    struct Work: Sendable {
        var row: StoredBackfill
        let integration: CallIntegration
        var requests = 0

        mutating func requireRoom() throws {
            guard requests < BackfillRun.requestsMax else { throw Stop.cut }
        }
    }

    /// Reads as far as it comes and gives the integration back; never throws.
    func run(_ row: StoredBackfill, _ integration: CallIntegration) async {
        var work = Work(row: row, integration: integration)
        let found = row.injected
        var pause: Duration?
        do {
            pause = try await read(&work)
        } catch is LeaseLost {
            return  // Another one has taken it on.
        } catch is CancellationError {
            return  // Its lease ends by itself.
        } catch {
            work.row.lastError = "internal: \((error as? StorageError)?.code ?? "it could not be stored")"
            ports.logger.warning(
                "a backfill could not be carried on",
                metadata: ["integration": "\(integration.name)", "error": "\(error)"]
            )
        }
        if work.row.injected > found {
            ports.logger.notice(
                "events whose webhooks had not come were found in the provider's list",
                metadata: [
                    "integration": "\(integration.name)", "events": "\(work.row.injected - found)",
                ]
            )
        }
        work.row.leaseUntil = nil
        await giveBack(work.row, dueIn: pause)
    }

    /// Gives how long until the next run, where that is not for the timer to say.
    private func read(_ work: inout Work) async throws -> Duration? {
        do {
            if let obstacle = backfill.obstacle(work.integration) {
                throw Stop.failed(ProviderFailure(.rejected, code: "no_source", message: obstacle))
            }
            switch work.row.kind {
            case .events: try await readEvents(&work)
            case .changes: try await readChanges(&work)
            }
            work.row.lastError = nil
            return nil
        } catch Stop.cut {
            if work.row.kind == .events { work.row.position = Self.cutMark }
            work.row.lastError = nil
            return Self.pauseWhenCut
        } catch Stop.failed(let failure) {
            try Task.checkCancellation()
            work.row.lastError = "\(failure.code): \(failure.message)"
            guard failure.kind == .unavailable || failure.kind == .limited else { return nil }
            return max(failure.wait ?? .zero, Self.pauseWhenFailed)
        }
    }

    private func giveBack(_ row: StoredBackfill, dueIn pause: Duration?) async {
        let now = ports.time.now()
        do {
            try await database.write { transaction in
                guard try BackfillTable.save(row, transaction) else { return }
                guard let pause else { return }
                let due = try transaction.sharedNow(local: now) + pause
                try BackfillTable.bring(row.integration, to: due, transaction)
            }
        } catch {
            ports.logger.warning(
                "how far a backfill came could not be stored; it is read again when its lease ends",
                metadata: ["error": "\(error)"]
            )
        }
    }

    // MARK: What both kinds do

    /// Injects what was found, in order, and counts it.
    func inject(_ found: [FoundEvent], _ work: inout Work) async throws {
        for (index, item) in found.enumerated() {
            if index > 0, index.isMultiple(of: Self.signEvery) { try await keep(work) }
            work.row.found += 1
            switch try await backfill.inject(item, work.integration) {
            case .injected: work.row.injected += 1
            case .duplicate: break
            case .unreadable(let reason):
                ports.logger.warning(
                    "an event in a provider's list cannot be understood and is left out",
                    metadata: ["integration": "\(work.integration.name)", "reason": "\(reason)"]
                )
            }
        }
    }

    /// Writes down how far it came.
    func save(_ work: inout Work) async throws {
        work.row.leaseUntil = ports.time.now() + Self.leaseTime
        let row = work.row
        guard try await database.write({ try BackfillTable.save(row, $0) }) else { throw LeaseLost() }
    }

    private func keep(_ work: Work) async throws {
        let row = work.row
        let now = ports.time.now()
        let isOurs = try await database.write { transaction in
            let lease = try transaction.sharedNow(local: now) + Self.leaseTime
            return try BackfillTable.keep(row, until: lease, transaction)
        }
        guard isOurs else { throw LeaseLost() }
    }

    /// One request and its answer; it leaves when nothing more urgent needs the integration's budget.
    func exchange(
        _ work: inout Work,
        _ operation: Operation,
        make: (IntegrationAccount) throws -> ProviderRequest,
        health: (ProviderAnswer, IntegrationAccount) -> ExchangeOutcome
    ) async throws -> (ProviderAnswer, IntegrationAccount) {
        let integration = work.integration
        var isTokenFresh = false
        while true {
            try await keep(work)
            work.requests += 1
            guard let passage = await desk.spare(integration, operation) else {
                throw Stop.failed(Self.busy)
            }
            let account: IntegrationAccount
            let request: ProviderRequest
            do {
                account = try await ports.account(integration)
                request = try make(account)
            } catch {
                desk.abandoned(passage)
                throw Stop.failed(Self.failure(error))
            }
            let began = ports.time.elapsed()
            let exchange = await ProviderLine(ports: ports)
                .send(request, to: integration, answerBytesMax: Self.pageBytesMax)
            let latency = ports.time.elapsed() - began
            switch exchange {
            case .nothing(let failure, _):
                desk.ended(passage, failure.health, latency: latency, news: [])
                throw Stop.failed(failure)
            case .answer(let answer):
                let news = integration.dialect.limits(in: answer)
                desk.ended(passage, health(answer, account), latency: latency, news: news)
                guard answer.status == 401, let token = account.accessToken else { return (answer, account) }
                await ports.tokenRefused(integration, token)
                guard !isTokenFresh else { return (answer, account) }
                isTokenFresh = true
            }
        }
    }

    private static func failure(_ error: any Error) -> ProviderFailure {
        guard let error = error as? CallInputError else { return CallRunner.tokenFailure(error) }
        return ProviderFailure(.rejected, code: error.code.rawValue, message: error.description)
    }

    private static let busy = ProviderFailure(
        .unavailable,
        code: "busy",
        message: "the integration is not called now, or its limits are needed for more urgent work"
    )
}
