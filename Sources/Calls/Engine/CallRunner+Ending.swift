import Domain
import Logging
import Providers
import Resilience
import Storage

/// What follows from what an attempt came to.
extension CallRunner {
    /// Stores what an attempt came to, and what follows.
    func conclude(
        _ work: inout CallWork,
        _ verdict: CallVerdict,
        status: Int?
    ) async throws -> Progress {
        guard var attempt = work.attempts.popLast() else { return .stop }
        if let passage = work.passage {
            work.passage = nil
            desk.abandoned(passage)
        }
        var course = work.course
        course = CallCourse(
            attempts: course.attempts + [
                CallCourse.Attempt(integration: attempt.integration, state: attempt.state)
            ],
            deadline: work.call.deadline
        )
        let now = ports.time.now()
        attempt.status = status
        attempt.take(verdict, now: now)
        if let name = ports.directory().integrations[attempt.integration]?.name {
            series.attempted(name, attempt.state, attempt.failure)
        }
        work.attempts.append(attempt)
        let decision = course.ended(
            verdict,
            elsewhere: candidates(work).contains { $0.id != attempt.integration },
            now: now,
            jitter: ports.random.fraction()
        )
        return try await follow(decision, &work, outcome: verdict.succeededOutcome)
    }

    func follow(
        _ decision: CallCourse.Decision,
        _ work: inout CallWork,
        outcome: CallOutcome?
    ) async throws -> Progress {
        if !work.call.operation.isRead, let attempt = work.attempts.last {
            reads.changed(attempt.integration)
        }
        switch decision {
        case .finish(let state):
            return try await finish(&work, state, outcome, work.attempts.last?.failure)
        case .again(.zero):
            work.isEndUnsaved = true
            return .further
        case .again(let pause): return try await wait(&work, pause, storing: true)
        case .settle(let pause): return try await wait(&work, pause, storing: true, state: .inDoubt)
        case .hold:
            ports.logger.critical(
                "a call is in doubt and cannot be settled by itself: a person must look",
                metadata: ["call": "\(work.call.id)", "operation": "\(work.call.operation)"]
            )
            return try await park(&work)
        }
    }

    /// Ends the call, with its last attempt, in one transaction; tells those who wait.
    func finish(
        _ work: inout CallWork,
        _ state: CallState,
        _ outcome: CallOutcome?,
        _ failure: ProviderFailure?,
        at place: Int64? = nil
    ) async throws -> Progress {
        let now = ports.time.now()
        work.call.state = state
        work.call.finishedAt = now
        work.call.dueAt = nil
        let place = place ?? work.attempts.last?.integration
        let name = place.flatMap { ports.directory().integrations[$0]?.name }
        var reply: JSONValue?
        var stored: StorageEnd?
        if let outcome, let place {
            let told = told(outcome.reply, work, name)
            stored = work.attempts.last.flatMap { storageEnd(work, $0, now: now) }
            reply = told
            work.call.integration = place
            work.call.reference = outcome.reference ?? stored?.key
            work.call.reply = try await seal.seal(told, .reply, of: work.call.id.bytes, now: now)
        } else {
            work.call.failure = failure
        }
        let result = CallResult(call: work.call, reply: reply, integration: name)
        let attempt = work.attempts.last
        let next = try await Compensation.next(after: result.call, seal, ports)
        let publish = result.call.isAsync ? try await ports.publish(result) : nil
        let raw = await keptAnswer(work, state)
        let destinations = try await database.write { [stored] transaction in
            guard try CallTable.finish(result.call, transaction) else { throw LeaseLost() }
            if let attempt { try AttemptTable.update(attempt, transaction) }
            if let raw { try AnswerTable.put(raw, transaction) }
            try Compensation.finished(result.call, transaction)
            try stored?.store(of: result.call.id, now: now, transaction)
            if let next { _ = try CallTable.insert(next, transaction) }
            return try publish?(transaction) ?? []
        }
        series.ended(result.call.operation, state)
        land(&work, outcome)
        ports.published(destinations)
        board.post(result)
        return .stop
    }

    /// Waits while holding the call when that is short; gives it back otherwise.
    func wait(
        _ work: inout CallWork,
        _ pause: Duration,
        storing: Bool = false,
        state: CallState = .queued
    ) async throws -> Progress {
        let now = ports.time.now()
        let isHeld = pause <= Self.waitHeldMax
        let due = isHeld ? now + pause + Self.leaseMargin : now + pause
        // A call that asks every moment whether there is room writes nothing while its lease lasts.
        let isKept =
            isHeld && !storing && !work.isEndUnsaved && work.call.state == state
            && work.call.dueAt.map { $0 >= now + pause + Self.leaseMargin / 3 } ?? false
        if !isKept { try await rest(&work, state, due: due, now: now, storing: storing) }
        guard isHeld else {
            board.parked(work.call, reply: nil)
            return .stop
        }
        if pause > .zero { try await ports.time.sleep(pause) }
        return .further
    }

    /// Waits for the call's turn before an integration's budget, and goes on there.
    ///
    /// A call whose turn is farther away than `queuedMax` asks again later: it keeps no place.
    func queue(
        _ work: inout CallWork,
        _ question: CallDesk.Question,
        at place: CallDesk.Place
    ) async throws -> Progress {
        guard place.estimate <= Self.queuedMax else { return try await wait(&work, place.estimate) }
        let now = ports.time.now()
        let patience = min(
            place.estimate * 2 + Self.waitHeldMax,
            Self.queuedMax * 2,
            work.call.deadline - now
        )
        if work.isEndUnsaved || work.call.dueAt.map({ $0 < now + patience + Self.leaseMargin / 3 }) ?? true {
            let due = now + patience + Self.leaseMargin
            try await rest(&work, .queued, due: due, now: now, storing: false)
        }
        if place.estimate > Self.waitHeldMax { board.parked(work.call, reply: nil) }
        guard let passage = await desk.wait(question, at: place, atMost: patience) else {
            return try await wait(&work, .milliseconds(50))
        }
        work.passage = passage
        return try await begin(&work, at: place.integration)
    }

    /// Writes down where the call stands and when it is looked at again.
    private func rest(
        _ work: inout CallWork,
        _ state: CallState,
        due: Instant,
        now: Instant,
        storing: Bool
    ) async throws {
        let call = work.call
        let attempt = storing || work.isEndUnsaved ? work.attempts.last : nil
        work.isEndUnsaved = false
        // Another process may take it from here, and end it by its deadline.
        let raw = attempt.map { $0.state.isLive } ?? true ? nil : await keptAnswer(work, state)
        try await database.write { transaction in
            guard try CallTable.move(call, to: state, dueAt: due, now: now, transaction) else {
                throw LeaseLost()
            }
            if let attempt { try AttemptTable.update(attempt, transaction) }
            if let raw { try AnswerTable.put(raw, transaction) }
        }
        work.call.state = state
        work.call.dueAt = due
    }

    /// Leaves the call to a person: nothing looks at it until somebody, or a webhook, says what became of it.
    func park(_ work: inout CallWork) async throws -> Progress {
        let call = work.call
        let attempt = work.attempts.last
        let now = ports.time.now()
        let raw = await keptAnswer(work, .held)
        try await database.write { transaction in
            guard try CallTable.move(call, to: .held, dueAt: nil, now: now, transaction) else {
                throw LeaseLost()
            }
            if let attempt { try AttemptTable.update(attempt, transaction) }
            if let raw { try AnswerTable.put(raw, transaction) }
        }
        work.call.state = .held
        work.call.dueAt = nil
        board.parked(work.call, reply: nil)
        return .stop
    }
}
