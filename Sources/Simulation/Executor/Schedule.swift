import Domain
import HeapModule

/// A job that can run, and whose it is.
struct ReadyJob {
    let job: UnownedJob
    /// Nil: the world's own.
    let executor: ProcessExecutor?
}

/// What the executor does next: a ready job chosen by the seed, or, when none is ready, the earliest timer.
///
/// Time stands still while a job is ready and jumps to the next timer otherwise.
struct Schedule {
    enum Step {
        case job(ReadyJob)
        case timer(Sleeper)
        /// Nothing is ready and nobody sleeps.
        case nothing
    }

    private struct Timer: Comparable {
        let due: Duration
        let sequence: UInt64
        let sleeper: Sleeper

        static func == (left: Timer, right: Timer) -> Bool { left.sequence == right.sequence }
        static func < (left: Timer, right: Timer) -> Bool {
            (left.due, left.sequence) < (right.due, right.sequence)
        }
    }

    private(set) var elapsed = Duration.zero
    private(set) var jobs = 0
    private var random: SeededRandom
    private var ready: [ReadyJob] = []
    /// What the processes that stand still would do next, by process.
    private var held: [Int: [ReadyJob]] = [:]
    private var timers = Heap<Timer>()
    private var sequence: UInt64 = 0
    private var sweepCount = 64

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func enqueue(_ job: ReadyJob) {
        if let process = job.executor?.process, held[process] != nil {
            held[process]?.append(job)
        } else {
            ready.append(job)
        }
    }

    /// Lets a process stand still; false when it did already.
    mutating func hold(_ process: Int) -> Bool {
        guard held[process] == nil else { return false }
        held[process] = ready.filter { $0.executor?.process == process }
        ready.removeAll { $0.executor?.process == process }
        return true
    }

    /// Lets a process that stands still go on; false when none did.
    @discardableResult
    mutating func release(_ process: Int) -> Bool {
        guard let jobs = held.removeValue(forKey: process) else { return false }
        ready += jobs
        return true
    }

    mutating func add(_ sleeper: Sleeper, after delay: Duration) {
        sequence += 1
        timers.insert(Timer(due: elapsed + max(delay, .zero), sequence: sequence, sleeper: sleeper))
        guard timers.count > sweepCount else { return }
        // Those that were woken early would otherwise stay until their time has come.
        timers = Heap(timers.unordered.filter { !$0.sleeper.isAwake })
        sweepCount = max(64, 2 * timers.count)
    }

    mutating func next(_ trace: Trace) -> Step {
        if !ready.isEmpty {
            let index = ready.count == 1 ? 0 : Int(random.next() % UInt64(ready.count))
            ready.swapAt(index, ready.count - 1)
            jobs += 1
            trace.mix(UInt64(index), UInt64(ready.count))
            return .job(ready.removeLast())
        }
        while let timer = timers.popMin() {
            if timer.sleeper.isAwake { continue }
            elapsed = timer.due
            trace.mix(UInt64(bitPattern: timer.due.microseconds), timer.sequence)
            return .timer(timer.sleeper)
        }
        return .nothing
    }

    /// Takes out every sleeper that `includes` picks, in the order they would have woken.
    mutating func removeSleepers(_ includes: (Sleeper) -> Bool) -> [Sleeper] {
        var removed: [Sleeper] = []
        var kept: [Timer] = []
        while let timer = timers.popMin() {
            if includes(timer.sleeper) { removed.append(timer.sleeper) } else { kept.append(timer) }
        }
        timers = Heap(kept)
        return removed
    }
}
