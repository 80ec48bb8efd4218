import Domain
import Storage
import Testing

@Suite struct CommitterPhaseTests {
    @Test func `sleeps when nothing waits and is woken by work`() {
        var phase = CommitterPhase()
        let isFirst = phase.started()
        #expect(isFirst)
        #expect(phase.next() == .park)
        #expect(phase.workArrived() == .wake)
        #expect(phase.workArrived() == .none)  // Awake already.
        #expect(phase.next() == .commit)
        #expect(phase.next() == .park)
    }

    @Test func `work that comes while it commits is not slept through`() {
        var phase = CommitterPhase()
        _ = phase.started()
        _ = phase.workArrived()
        #expect(phase.next() == .commit)
        #expect(phase.workArrived() == .none)
        #expect(phase.next() == .commit)
    }

    @Test func `work that came before it started is found`() {
        var phase = CommitterPhase()
        #expect(phase.workArrived() == .none)
        let isFirst = phase.started()
        #expect(isFirst)
        #expect(phase.next() == .commit)
    }

    @Test func `looks once more before it stops`() {
        var phase = CommitterPhase()
        _ = phase.started()
        _ = phase.next()
        #expect(phase.stopAsked() == .wake)
        #expect(phase.next() == .commit)
        #expect(phase.workArrived() == .none)  // A lane kept some back.
        #expect(phase.next() == .commit)
        #expect(phase.next() == .stop)
        #expect(phase.next() == .stop)
        #expect(phase.workArrived() == .none)
    }

    @Test func `one that never started leaves what waits to the one who stops it`() {
        var phase = CommitterPhase()
        _ = phase.workArrived()
        #expect(phase.stopAsked() == .abandon)
        #expect(phase.stopAsked() == .none)
        let isFirst = phase.started()
        #expect(!isFirst)
    }

    @Test func `a second committer is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            var phase = CommitterPhase()
            _ = phase.started()
            _ = phase.started()
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `any order of inputs commits everything and then stops`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var phase = CommitterPhase()
        _ = phase.started()
        var waiting = 0
        var isAsleep = false
        var isStopped = false
        for step in 0..<400 {
            let isClosing = step > 300
            if !isClosing, Bool.random(using: &random) {
                waiting += 1
                if phase.workArrived() == .wake { isAsleep = false }
            }
            if step == 301, phase.stopAsked() == .wake { isAsleep = false }
            guard !isAsleep, Bool.random(using: &random) else { continue }
            switch phase.next() {
            case .commit: waiting = 0
            case .park:
                #expect(waiting == 0, "seed \(seed)")
                isAsleep = true
            case .stop:
                #expect(waiting == 0, "seed \(seed)")
                isStopped = true
            }
        }
        #expect(isStopped, "seed \(seed)")
    }
}

@Suite struct BoundedQueueTests {
    @Test func `lets in as many as its limit and not one more`() {
        var queue = BoundedQueue<Int>(limits: .init(countMax: 2))
        #expect(queue.push(1, bytes: 0) == .accepted)
        #expect(queue.push(2, bytes: 0) == .accepted)
        #expect(queue.push(3, bytes: 0) == .overloaded)
        #expect(queue.take(countMax: 1, bytesMax: .max) == [1])
        #expect(queue.push(4, bytes: 0) == .accepted)
        #expect(queue.take(countMax: 9, bytesMax: .max) == [2, 4])
    }

    @Test func `lets in as many bytes as its limit and not one more`() {
        var queue = BoundedQueue<Int>(limits: .init(countMax: 9, bytesMax: 10))
        #expect(queue.push(1, bytes: 6) == .accepted)
        #expect(queue.push(2, bytes: 5) == .overloaded)
        #expect(queue.push(3, bytes: 4) == .accepted)
        #expect(queue.bytes == 10)
        #expect(queue.take(countMax: 9, bytesMax: .max) == [1, 3])
        #expect(queue.bytes == 0)
    }

    @Test func `an element larger than the limit passes alone`() {
        var queue = BoundedQueue<Int>(limits: .init(countMax: 9, bytesMax: 10))
        #expect(queue.push(1, bytes: 11) == .accepted)
        #expect(queue.push(2, bytes: 1) == .overloaded)
    }

    @Test func `takes no further element once the bytes are reached`() {
        var queue = BoundedQueue<Int>(limits: .init(countMax: 9))
        for element in 1...4 { _ = queue.push(element, bytes: 5) }
        #expect(queue.take(countMax: 9, bytesMax: 10) == [1, 2])
        #expect(queue.take(countMax: 9, bytesMax: 1) == [3])
    }

    @Test func `closed, it lets nothing in but what waits out`() {
        var queue = BoundedQueue<Int>(limits: .init(countMax: 9))
        _ = queue.push(1, bytes: 0)
        queue.close()
        #expect(queue.push(2, bytes: 0) == .closed)
        #expect(queue.take(countMax: 9, bytesMax: .max) == [1])
    }
}

@Suite struct CheckpointPolicyTests {
    @Test func `checkpoints after so many pages, counted anew each time`() {
        var policy = CheckpointPolicy(pagesBetween: 10, logPagesMax: 40)
        #expect(policy.wrote(pages: 9) == nil)
        #expect(policy.wrote(pages: 1) == .passive)
        policy.checkpointed(.init(logPages: 10, movedPages: 10))
        #expect(policy.wrote(pages: 9) == nil)
    }

    @Test func `waits for readers once the log is too long`() {
        var policy = CheckpointPolicy(pagesBetween: 10, logPagesMax: 40)
        _ = policy.wrote(pages: 10)
        policy.checkpointed(.init(logPages: 40, movedPages: 5))
        #expect(policy.wrote(pages: 10) == .passive)
        policy.checkpointed(.init(logPages: 41, movedPages: 5))
        #expect(policy.wrote(pages: 10) == .waiting)
        policy.checkpointed(.init(logPages: 10, movedPages: 10))
        #expect(policy.wrote(pages: 10) == .passive)
    }
}

@Suite struct ReaderScheduleTests {
    @Test func `goes to the connection with the least to do`() throws {
        var schedule = ReaderSchedule(readers: 2, waitingMax: 10)
        #expect(try schedule.admit() == 0)
        #expect(try schedule.admit() == 1)
        schedule.finished(1)
        #expect(try schedule.admit() == 1)
    }

    @Test func `refuses beyond its limit and once closed`() throws {
        var schedule = ReaderSchedule(readers: 2, waitingMax: 1)
        let index = try schedule.admit()
        #expect(throws: StorageError.overloaded) { try schedule.admit() }
        schedule.finished(index)
        schedule.close()
        #expect(throws: StorageError.closed) { try schedule.admit() }
    }
}
