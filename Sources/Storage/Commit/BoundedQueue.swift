import DequeModule

/// A first-in first-out queue that refuses what is beyond its limits.
///
///     open -close-> closed (what waits can still be taken)
struct BoundedQueue<Element> {
    /// How much may wait at once.
    struct Limits: Equatable, Sendable {
        /// Most elements waiting.
        var countMax: Int
        /// Most bytes waiting, as the elements' owner counts them.
        ///
        /// One element larger than this is still let in when nothing else waits.
        var bytesMax = Int.max
    }

    /// What became of an element.
    enum Admission: Equatable, Sendable {
        case accepted
        case overloaded
        case closed
    }

    let limits: Limits
    private(set) var bytes = 0
    private(set) var isClosed = false
    private var elements: Deque<(element: Element, bytes: Int)> = []

    init(limits: Limits) {
        precondition(limits.countMax > 0 && limits.bytesMax > 0, "A queue must have room.")
        self.limits = limits
    }

    var count: Int { elements.count }

    /// Puts an element behind the others.
    mutating func push(_ element: Element, bytes size: Int) -> Admission {
        guard !isClosed else { return .closed }
        guard elements.count < limits.countMax else { return .overloaded }
        guard elements.isEmpty || bytes + size <= limits.bytesMax else { return .overloaded }
        elements.append((element, size))
        bytes += size
        return .accepted
    }

    /// Takes from the front: at most `countMax` elements, and no further one once `bytesMax` bytes are reached.
    mutating func take(countMax: Int, bytesMax: Int) -> [Element] {
        var taken: [Element] = []
        taken.reserveCapacity(min(countMax, elements.count))
        var takenBytes = 0
        while taken.count < countMax, takenBytes < bytesMax, let first = elements.popFirst() {
            taken.append(first.element)
            takenBytes += first.bytes
        }
        bytes -= takenBytes
        return taken
    }

    /// Lets nothing more in.
    mutating func close() {
        isClosed = true
    }
}
