import Domain
import Logging
import Providers
import Resilience
import Storage

/// Copies one object: looks at both places, has its bytes, stores them, and compares.
struct ContentCopy: Sendable {
    /// Whose content fetched copies are.
    static let owner = "usher"
    /// How often one request waits for its turn before the copy is put off.
    static let turnsMax = 3
    /// How long it waits between two turns.
    static let turnPause = Duration.seconds(5)

    let copier: ContentCopier

    private var ports: CallPorts { copier.ports }

    static let damaged = ProviderFailure(
        .unavailable,
        code: "checksum_mismatch",
        message: "what is at the provider is not what was stored"
    )

    /// Why a copy ends before its end.
    enum Stop: Error {
        /// Nothing is wrong but the time.
        case busy
        case failed(ProviderFailure)
    }

    /// Copies as far as it comes; never throws.
    func run(_ start: ContentDebt) async {
        var debt = start
        do {
            try await copy(&debt)
        } catch is LeaseLost {
            // Another one has taken it on, or a later call has stored or removed the key.
            await withdraw(debt)
        } catch is CancellationError {
            // It is taken up again at the next start, or when its lease ends.
        } catch Stop.busy {
            await postpone(&debt, ContentCopier.busyPause)
        } catch Stop.failed(let failure) {
            guard !Task.isCancelled else { return }
            debt.tries += 1
            debt.failure = failure
            let pause = ContentDebtRule.pause(afterFailures: debt.tries, jitter: ports.random.fraction())
            await postpone(&debt, max(pause, failure.wait ?? .zero))
        } catch {
            guard !Task.isCancelled else { return }
            ports.logger.warning(
                "an object could not be copied back for now",
                metadata: ["call": "\(debt.call)", "error": "\(error)"]
            )
            debt.tries += 1
            await postpone(
                &debt,
                ContentDebtRule.pause(afterFailures: debt.tries, jitter: ports.random.fraction())
            )
        }
    }

    private func copy(_ debt: inout ContentDebt) async throws {
        let directory = ports.directory()
        guard let owed = directory.integrations[debt.owed], owed.isEnabled,
            let source = directory.integrations[debt.source]
        else {
            throw Stop.failed(CallRunner.gone)
        }
        let there = try await facts(debt, at: owed)
        if let there, !there.holds(debt.content) {
            if isNewer(there, than: debt) { return try await finish(&debt, .superseded) }
            guard debt.overwrites else { return try await finish(&debt, .refused) }
        }
        if there?.holds(debt.content) != true {
            guard try await provide(&debt, from: source) else { return try await finish(&debt, .lost) }
            try await upload(&debt, to: owed, replacing: there?.tag)
        }
        try await compare(&debt, source, owed)
    }

    /// Removes a copy that arrived after a later call had removed the object; what a later call stored is not ours.
    ///
    /// Only at S3, which removes on the condition that it is this very copy.
    private func withdraw(_ debt: ContentDebt) async {
        do {
            let known = try await copier.database.read { try ContentDebtTable.load(debt.call, $0) }
            guard known?.state == .superseded, let owed = ports.directory().integrations[debt.owed],
                owed.account.provider == .awsS3,
                let there = try await facts(debt, at: owed), there.call == "\(debt.call)", let tag = there.tag
            else { return }
            let input = StorageInput(key: debt.key, content: debt.content.id, replaces: tag)
            let request = request(.storageUpload, input, debt, content: debt.content)
            // The step of an upload that removes what it has stored wrongly, with `If-Match`.
            _ = try await exchange(request, ["clean": ["etag": .string(tag)]], .storageDelete, at: owed)
        } catch {
            ports.logger.warning(
                "it is not known whether a copy arrived that is not wanted any more",
                metadata: ["call": "\(debt.call)", "error": "\(error)"]
            )
        }
    }

    /// Compares what both ends say with what was stored.
    private func compare(
        _ debt: inout ContentDebt,
        _ source: CallIntegration,
        _ owed: CallIntegration
    ) async throws {
        guard let copy = try await facts(debt, at: owed), copy.holds(debt.content) else {
            debt.progress = nil
            throw Stop.failed(Self.damaged)
        }
        let original = source.isEnabled ? try await facts(debt, at: source) : nil
        debt.owedTag = copy.tag
        debt.sourceTag = original?.tag
        debt.failure = nil
        let isSame = original?.holds(debt.content) ?? true
        try await finish(&debt, isSame ? .settled : .differs)
    }

    /// Whether an object was stored after the one that is to be copied.
    private func isNewer(_ there: ObjectFacts, than debt: ContentDebt) -> Bool {
        if let call = there.call.flatMap({ CallID($0) }) { return call > debt.call }
        return there.modified.map { $0 > debt.createdAt } ?? false
    }

    // MARK: Storing

    private func finish(_ debt: inout ContentDebt, _ state: ContentDebtState) async throws {
        debt.state = state
        debt.finishedAt = ports.time.now()
        debt.progress = nil
        let ended = debt
        guard try await copier.database.write({ try ContentDebtTable.save(ended, $0) }) else {
            throw LeaseLost()
        }
        copier.series.copied(state)
        let metadata: Logger.Metadata = ["call": "\(debt.call)", "state": "\(state.name)"]
        switch state {
        case .settled, .superseded, .owed:
            ports.logger.info("an object does not have to be copied back any more", metadata: metadata)
        case .refused, .differs, .lost:
            ports.logger.critical("an object cannot be copied back: a person must look", metadata: metadata)
        }
        // What was fetched for the copy alone has no call whose end would let it go.
        if (try? await copier.content.find(debt.content.id, owner: Self.owner)) != nil {
            try? await copier.content.remove(debt.content.id)
        }
    }

    private func postpone(_ debt: inout ContentDebt, _ pause: Duration) async {
        debt.dueAt = ports.time.now() + pause
        let waiting = debt
        do {
            _ = try await copier.database.write { try ContentDebtTable.save(waiting, $0) }
        } catch {
            ports.logger.warning(
                "how far a copy came could not be stored; it is taken up again when its lease ends",
                metadata: ["call": "\(debt.call)", "error": "\(error)"]
            )
        }
    }

    /// Holds the debt for longer, and stores how far the upload has come.
    private func keep(_ debt: inout ContentDebt) async throws {
        debt.dueAt = ports.time.now() + ContentCopier.leaseTime
        let kept = debt
        guard try await copier.database.write({ try ContentDebtTable.save(kept, $0) }) else {
            throw LeaseLost()
        }
    }

    // MARK: Bytes

    /// Has the bytes at hand, from what is kept or from where they are; false when they are gone.
    private func provide(_ debt: inout ContentDebt, from source: CallIntegration) async throws -> Bool {
        for owner in [debt.owner, Self.owner]
        where try await copier.content.find(debt.content.id, owner: owner) != nil {
            return true
        }
        guard source.isEnabled, let streaming = ports.streaming else { throw Stop.failed(CallRunner.gone) }
        let fetched: StoredContent
        do {
            let reader = ObjectReader(ports: ports, desk: copier.desk, streaming: streaming)
            let answer = try await reader.open(
                StorageInput(key: debt.key),
                at: source,
                enter: { () async throws(ObjectError) in
                    guard let passage = await turn(source, .storageDownload) else { throw .overloaded }
                    return passage
                },
                over: { _, _, _, _ in }
            )
            fetched = try await copier.content.receive(
                contentType: debt.content.contentType,
                announced: answer.length,
                owner: Self.owner
            ) { try await answer.body.next() }
        } catch ObjectError.overloaded {
            throw Stop.busy
        } catch ObjectError.failed(let failure, _) {
            if failure.kind == .notFound { return false }
            throw Stop.failed(failure)
        } catch let error as ObjectError {
            throw Stop.failed(ProviderFailure(.unavailable, code: error.code, message: error.description))
        }
        guard fetched.sha256 == debt.content.sha256, fetched.bytes == debt.content.bytes else {
            try await copier.content.remove(fetched.id)
            throw Stop.failed(Self.damaged)
        }
        debt.content = fetched
        debt.progress = nil
        try await keep(&debt)
        return true
    }

    private func upload(
        _ debt: inout ContentDebt,
        to owed: CallIntegration,
        replacing tag: String?
    ) async throws {
        let input = StorageInput(key: debt.key, content: debt.content.id, replaces: tag)
        let request = request(.storageUpload, input, debt, content: debt.content)
        var progress = JSONValue.null
        if let sealed = debt.progress {
            progress = try await copier.seal.open(sealed, .progress, of: debt.call.bytes)
        }
        for _ in 0..<CallRunner.requestsMax {
            let (verdict, _) = try await exchange(request, progress, .storageUpload, at: owed)
            var pause = Duration.zero
            switch verdict {
            case .succeeded: return
            case .goOn(let next): progress = next
            case .wait(let next, let wait):
                progress = next
                pause = min(wait, CallRunner.pauseMax)
            case .refused(let failure), .notApplied(let failure), .inDoubt(let failure):
                debt.progress = nil
                throw Stop.failed(failure)
            }
            debt.progress = try await copier.seal.seal(
                progress,
                .progress,
                of: debt.call.bytes,
                now: ports.time.now()
            )
            try await keep(&debt)
            if pause > .zero { try await ports.time.sleep(pause) }
        }
        throw Stop.failed(CallRunner.endless)
    }

    // MARK: Asking

    /// What an integration says of the object; nil when it has none of the key.
    private func facts(_ debt: ContentDebt, at integration: CallIntegration) async throws -> ObjectFacts? {
        let request = request(.storageHead, StorageInput(key: debt.key), debt)
        let (verdict, answer) = try await exchange(request, .null, .storageHead, at: integration)
        switch verdict {
        case .succeeded(let outcome):
            guard outcome.reply["exists"]?.bool == true, let answer else { return nil }
            return integration.dialect.object(in: answer, request, progress: .null)
        case .refused(let failure), .notApplied(let failure), .inDoubt(let failure):
            throw Stop.failed(failure)
        case .goOn, .wait: throw Stop.failed(CallRunner.endless)
        }
    }

    private func request(
        _ operation: Operation,
        _ input: StorageInput,
        _ debt: ContentDebt,
        content: StoredContent? = nil
    ) -> CallRequest {
        // The call's own bytes name its copy: the same whenever it is repeated.
        let attempt = CallAttemptID(bytes: debt.call.bytes)
        return CallRequest(
            operation: operation,
            input: .object(input),
            key: attempt.map { AttemptKey.make($0, of: debt.call) } ?? "",
            tag: "\(debt.call)",
            startedAt: debt.createdAt,
            content: content
        )
    }

    /// One request and what its answer means; it leaves when nothing more urgent needs the integration's budget.
    private func exchange(
        _ request: CallRequest,
        _ progress: JSONValue,
        _ operation: Operation,
        at integration: CallIntegration
    ) async throws -> (CallVerdict, ProviderAnswer?) {
        let dialect = integration.dialect
        let outgoing: ProviderRequest
        do {
            try dialect.check(request)
            outgoing = try dialect.next(
                request,
                integration.account,
                progress: progress,
                now: ports.time.now()
            )
        } catch {
            throw Stop.failed(
                ProviderFailure(.rejected, code: error.code.rawValue, message: error.description)
            )
        }
        guard let passage = await turn(integration, operation) else {
            try Task.checkCancellation()
            throw Stop.busy
        }
        let began = ports.time.elapsed()
        let exchange = await ProviderLine(ports: ports)
            .send(outgoing, to: integration, content: request.content)
        let latency = ports.time.elapsed() - began
        switch exchange {
        case .answer(let answer):
            let verdict = dialect.read(answer, request, integration.account, progress: progress)
            let news = dialect.limits(in: answer)
            copier.desk.ended(passage, verdict.health, latency: latency, news: news)
            return (verdict, answer)
        case .nothing(let failure, _):
            copier.desk.ended(passage, failure.health, latency: latency, news: [])
            try Task.checkCancellation()
            throw Stop.failed(failure)
        }
    }

    /// The right to send one request, after some waiting; nil when it does not come.
    private func turn(_ integration: CallIntegration, _ operation: Operation) async -> CallDesk.Passage? {
        for round in 1...Self.turnsMax {
            if let passage = await copier.desk.spare(integration, operation) { return passage }
            guard round < Self.turnsMax, !Task.isCancelled else { break }
            try? await ports.time.sleep(Self.turnPause)
        }
        return nil
    }
}
