import Crypto
import Domain
import Logging
import Providers
import ServiceLifecycle
package import Storage
import Synchronization
package import Vault

/// Takes calls in and carries them out: a durable intent first, then attempts at one integration after the other,
/// never a second one while an older one may have taken effect.
///
///     submit -> stored -> CallRunner -> over, or parked with a time to look again
///                             ^                           |
///                             '------ run(): what is due -'
package final class CallEngine: Service, Sendable {
    /// The limits of an engine.
    package struct Limits: Sendable {
        /// The most calls that are carried at a time; more are refused.
        package var inFlightMax = 10_000
        /// The most calls taken up in one look.
        package var claimsMax = 64
        /// How long a caller waits before it is told to ask later.
        package var syncWait = Duration.seconds(20)
        /// The longest time between two looks at what is due.
        package var lookEvery = Duration.seconds(1)
        /// How long a caller's key is remembered.
        package var keyLife = Duration.seconds(30 * 86_400)

        /// The defaults.
        package init() {}
    }

    private struct State {
        var inbox: [CallWork] = []
        var inFlight = 0
        var isDraining = false
    }

    let ports: CallPorts
    let database: Database
    let seal: CallSeal
    let limits: Limits
    /// Where calls may go now.
    package let desk: CallDesk
    let board: CallBoard
    let reads = SharedReads()
    private let vault: Vault
    private let doorbell = Doorbell()
    private let state = Mutex(State())

    /// Wires the engine; nothing is carried out until `run`.
    package init(
        database: Database,
        vault: Vault,
        ports: CallPorts,
        desk: CallDesk? = nil,
        limits: Limits = Limits()
    ) {
        self.database = database
        self.vault = vault
        self.ports = ports
        board = CallBoard(ports: ports)
        self.desk = desk ?? CallDesk(time: ports.time, random: ports.random, watch: ports.watch)
        self.limits = limits
        seal = CallSeal(vault: vault)
    }

    /// How many calls are being carried.
    package var inFlight: Int { state.withLock { $0.inFlight } }

    /// Carries calls until cancelled or shut down; those in flight are carried to their next resting place.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await restoreDesk()
            await withDiscardingTaskGroup { group in
                group.addTask { await self.desk.run(self.keeper) }
                if let content {
                    group.addTask { await self.sweep(content) }
                    group.addTask { await ContentCopier(self, content).run() }
                }
                group.addTask { await self.watch() }
                if ports.probes { group.addTask { await self.confirmSuspicions() } }
                while !Task.isCancelled {
                    let (works, isDraining) = state.withLock { state in
                        let works = state.inbox
                        state.inbox = []
                        return (works, state.isDraining)
                    }
                    for work in works { group.addTask { await self.carry(work) } }
                    if isDraining { break }
                    let next = await lookForDue(&group)
                    await doorbell.wait(atMost: min(next, limits.lookEvery), ports.time)
                }
                await settled()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isDraining = true }
            self.doorbell.ring()
        }
    }

    /// What is kept for uploads; nil where nothing is.
    package var content: ContentStore? { ports.content }

    /// Removes what a crash has left, and content that is not needed any more, now and then until cancelled.
    private func sweep(_ content: ContentStore) async {
        var round = 0
        while !Task.isCancelled {
            if round % ContentStore.orphansSweptEvery == 0 { await sweepOrphans(content) }
            round += 1
            do {
                while try await content.sweep() == content.limits.sweepMax {}
            } catch {
                ports.logger.warning("content cannot be swept for now", metadata: ["error": "\(error)"])
            }
            try? await ports.time.sleep(ContentStore.sweptEvery)
        }
    }

    private func sweepOrphans(_ content: ContentStore) async {
        do {
            let count = try await content.sweepOrphans()
            guard count > 0 else { return }
            ports.logger.notice(
                "content of interrupted uploads was removed",
                metadata: ["count": "\(count)"]
            )
        } catch {
            ports.logger.warning("what is left of uploads cannot be swept", metadata: ["error": "\(error)"])
        }
    }

    /// Returns once nothing is in flight, or when cancelled.
    private func settled() async {
        while inFlight > 0, !Task.isCancelled { try? await ports.time.sleep(.milliseconds(20)) }
    }

    // MARK: Taking in

    /// Stores a call and has it carried out.
    ///
    /// - Returns: what became of it; of one that was asked for before, what became of that.
    /// - Throws: `CallError`, and the storage's and vault's errors: then nothing was stored.
    package func submit(
        _ submission: CallSubmission,
        owner: String,
        reaches: @Sendable (StoredCall) -> Bool = { _ in true }
    ) async throws -> CallResult {
        let now = ports.time.now()
        let prepared = try await prepare(submission, owner: owner, reaches: reaches, now: now)
        try reserve()
        var isTaken = false
        defer { if !isTaken { release() } }
        let new = prepared.new
        let (isNew, found) = try await database.write {
            transaction -> (Bool, (StoredCall, bodyHash: [UInt8])?) in
            if try CallTable.insert(new, transaction) { return (true, nil) }
            guard let hash = new.keyHash else { throw StorageError.constraint("calls.id") }
            return (false, try CallTable.find(owner: new.call.owner, keyHash: hash, transaction))
        }
        guard isNew else {
            guard let found else { throw StorageError.constraint("calls.key_hash") }
            return try await answer(found.0, found.bodyHash, to: new)
        }
        isTaken = true
        ports.tell(new.call, at: nil)
        let work = CallWork(
            call: new.call,
            input: prepared.input,
            attempts: [],
            progress: .null,
            content: prepared.content,
            isTakenOver: false
        )
        guard !submission.isAsync else {
            enqueue(work)
            return CallResult(call: new.call, reply: nil, integration: nil)
        }
        let notice = await board.wait(for: new.call.id, atMost: limits.syncWait, ports.time) {
            self.enqueue(work)
        }
        switch notice {
        case .over(let result): return result
        case .parked(let call): return CallResult(call: call, reply: nil, integration: nil)
        case .nothing:
            return try await result(of: new.call.id)
                ?? CallResult(call: new.call, reply: nil, integration: nil)
        }
    }

    /// Answers a request whose key was used before.
    private func answer(_ call: StoredCall, _ bodyHash: [UInt8], to new: NewCall) async throws -> CallResult {
        guard bodyHash == new.bodyHash else { throw CallError.keyReused }
        guard call.state.isFinal || call.state == .inDoubt || call.state == .held || call.isAsync else {
            throw CallError.keyInFlight(call.id)
        }
        return try await opened(call)
    }

    private struct Prepared {
        let new: NewCall
        let input: CallInput
        let content: StoredContent?
    }

    private func prepare(
        _ submission: CallSubmission,
        owner: String,
        reaches: @Sendable (StoredCall) -> Bool,
        now: Instant
    ) async throws -> Prepared {
        let input: CallInput
        do {
            input = try CallInput(submission.operation, submission.input)
        } catch {
            throw CallError.input(error)
        }
        let content = try await self.content(of: input, owner: owner)
        if content == nil, Self.content(of: input) != nil { throw Self.unknownContent }
        let keyHash = try submission.key.map { try hash(key: $0, owner: owner) }
        let target = try await target(submission, reaches: reaches)
        let patience = submission.isAsync ? CallSubmission.asyncPatience : CallSubmission.syncPatience
        let deadline = submission.deadline ?? now + patience
        guard deadline > now, deadline <= now + CallSubmission.patienceMax else {
            throw CallError.badDeadline
        }
        let id = CallID(now: now, random: ports.random)
        let call = StoredCall(
            id: id,
            owner: owner,
            operation: submission.operation,
            wedding: submission.wedding,
            vendor: submission.vendor,
            priority: submission.priority
                ?? CallPriority.of(submission.operation, ports.moment(submission.wedding, now)),
            deadline: deadline,
            isAsync: submission.isAsync,
            state: .queued,
            dueAt: now + CallRunner.leaseMargin,
            epoch: 1,
            input: try await seal.seal(submission.input, .input, of: id.bytes, now: now),
            target: target,
            content: Self.content(of: input),
            undoes: nil,
            isFresh: submission.isFresh,
            keepsRaw: submission.keepsRaw,
            createdAt: now
        )
        try check(call, input, content)
        let bodyHash = vault.keyedHash(.bodyMAC, submission.fingerprint.serialized())
        return Prepared(
            new: NewCall(call: call, keyHash: keyHash, bodyHash: bodyHash),
            input: input,
            content: content
        )
    }

    /// Throws unless at least one integration could do it.
    private func check(_ call: StoredCall, _ input: CallInput, _ content: StoredContent?) throws {
        let work = CallWork(
            call: call,
            input: input,
            attempts: [],
            progress: .null,
            content: content,
            isTakenOver: false
        )
        guard runner.candidates(work).isEmpty else { return }
        let directory = ports.directory()
        let all =
            call.target.map { [directory.integrations[$0.integration]].compactMap { $0 } }
            ?? directory.candidates(for: call.operation.capability)
        for integration in all {
            let id = CallAttemptID(now: call.createdAt, random: ports.random)
            guard let request = work.request(id: id, startedAt: call.createdAt, at: integration) else {
                continue
            }
            do {
                try integration.dialect.check(request)
            } catch {
                throw CallError.input(error)
            }
        }
        throw CallError.noIntegration(call.operation)
    }

    private func hash(key: String, owner: String) throws -> [UInt8] {
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CallError.badKey
        }
        return vault.keyedHash(.bodyMAC, Array("idempotency\u{0}\(owner)\u{0}\(key)".utf8))
    }

    private func target(
        _ submission: CallSubmission,
        reaches: @Sendable (StoredCall) -> Bool
    ) async throws -> CallTarget? {
        guard submission.operation.hasTarget else {
            guard submission.of == nil else { throw CallError.target(needed: false) }
            return nil
        }
        let needsReference =
            submission.operation != .calendarCreate && submission.operation != .calendarChanges
        switch submission.of {
        case nil: throw CallError.target(needed: true)
        case .call(let id):
            let found = try await database.read { try CallTable.load(id, $0) }
            guard let found, reaches(found), found.state == .succeeded, let integration = found.integration,
                let reference = found.reference, found.operation.capability == submission.operation.capability
            else { throw CallError.unknownTarget }
            return CallTarget(integration: integration, reference: needsReference ? reference : nil)
        case .object(let name, let reference):
            guard let integration = ports.directory().integration(named: name),
                !needsReference || reference != nil
            else { throw CallError.unknownTarget }
            return CallTarget(integration: integration.id, reference: reference)
        }
    }

    private static func content(of input: CallInput) -> ContentID? {
        guard case .object(let object) = input else { return nil }
        return object.content
    }

    /// What is kept for an input; nil when it needs nothing, or when it is not there.
    func content(of input: CallInput, owner: String) async throws -> StoredContent? {
        guard let id = Self.content(of: input) else { return nil }
        return try await ports.content?.find(id, owner: owner)
    }

    private static let unknownContent = CallError.input(
        CallInputError(
            .invalidField,
            at: "/content",
            "names nothing that is kept: put the bytes to `POST /api/content` first"
        )
    )

    // MARK: Carrying

    /// Has what is due looked at now.
    func look() {
        doorbell.ring()
    }

    var runner: CallRunner {
        CallRunner(
            ports: ports,
            database: database,
            seal: seal,
            desk: desk,
            line: ProviderLine(ports: ports),
            board: board,
            reads: reads
        )
    }

    private func reserve() throws {
        try state.withLock { state in
            guard state.inFlight < limits.inFlightMax, !state.isDraining else { throw CallError.overloaded }
            state.inFlight += 1
        }
    }

    private func release() {
        state.withLock { $0.inFlight -= 1 }
    }

    /// Has a call carried on from where it stands.
    func carryOn(_ work: CallWork) {
        state.withLock { $0.inFlight += 1 }
        enqueue(work)
    }

    private func enqueue(_ work: CallWork) {
        state.withLock { $0.inbox.append(work) }
        doorbell.ring()
    }

    private func carry(_ work: CallWork) async {
        await runner.run(work)
        release()
    }

    /// Takes up what is due; gives how long until the next is.
    private func lookForDue(_ group: inout DiscardingTaskGroup) async -> Duration {
        let now = ports.time.now()
        let room = min(limits.claimsMax, limits.inFlightMax - inFlight)
        guard room > 0 else { return limits.lookEvery }
        do {
            let lease = now + CallRunner.leaseMargin * 2
            let (calls, next) = try await database.write { transaction -> ([StoredCall], Duration?) in
                let next = try CallTable.nextDue(now: now, transaction)
                guard let next, next <= .zero else { return ([], next) }
                let calls = try CallTable.claim(now: now, until: lease, limit: room, transaction)
                return (calls, try CallTable.nextDue(now: now, transaction))
            }
            for call in calls {
                state.withLock { $0.inFlight += 1 }
                group.addTask { await self.takeUp(call) }
            }
            return calls.count == room
                ? .zero : next.map { max(.zero, $0) } ?? limits.lookEvery
        } catch {
            ports.logger.warning("what is due cannot be read for now", metadata: ["error": "\(error)"])
            return limits.lookEvery
        }
    }

    /// Carries on a call that somebody else, or an earlier process, has left.
    private func takeUp(_ call: StoredCall) async {
        defer { release() }
        do {
            let attempts = try await database.read { try AttemptTable.load(of: call.id, $0) }
            let input = try CallInput(
                call.operation,
                try await seal.open(call.input, .input, of: call.id.bytes)
            )
            var progress = JSONValue.null
            if let live = attempts.last(where: { $0.state.isLive }), let sealed = live.progress {
                progress = try await seal.open(sealed, .progress, of: live.id.bytes)
            }
            let work = CallWork(
                call: call,
                input: input,
                attempts: attempts,
                progress: progress,
                content: try await content(of: input, owner: call.owner),
                isTakenOver: true
            )
            await runner.run(work)
        } catch {
            ports.logger.error(
                "a call cannot be taken up for now",
                metadata: ["call": "\(call.id)", "error": "\(error)"]
            )
        }
    }
}
