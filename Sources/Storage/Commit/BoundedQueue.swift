import DequeModule

/// A first-in first-out queue that refuses what is beyond its limits.
///
///     open -close-> closed (what waits can still be taken)
package struct BoundedQueue<Element> {
    /// How much may wait at once.
    package struct Limits: Equatable, Sendable {
        /// Most elements waiting.
        package var countMax: Int
        /// Most bytes waiting, as the elements' owner counts them.
        ///
        /// One element larger than this is still let in when nothing else waits.
        package var bytesMax: Int

        /// Limits the number, and the bytes when they are counted.
        package init(countMax: Int, bytesMax: Int = .max) {
            self.countMax = countMax
            self.bytesMax = bytesMax
        }
    }

    /// What became of an element.
    package enum Admission: Equatable, Sendable {
        case accepted
        case overloaded
        case closed
    }

    /// How much may wait.
    package let limits: Limits
    /// The bytes of all that waits.
    package private(set) var bytes = 0
    private var isClosed = false
    private var elements: Deque<(element: Element, bytes: Int)> = []

    /// Makes an empty queue that is open.
    package init(limits: Limits) {
        precondition(limits.countMax > 0 && limits.bytesMax > 0, "A queue must have room.")
        self.limits = limits
    }

    /// How many elements wait.
    package var count: Int { elements.count }

    /// Puts an element behind the others.
    package mutating func push(_ element: Element, bytes size: Int) -> Admission {
        guard !isClosed else { return .closed }
        guard elements.count < limits.countMax else { return .overloaded }
        guard elements.isEmpty || bytes + size <= limits.bytesMax else { return .overloaded }
        elements.append((element, size))
        bytes += size
        return .accepted
    }

    /// Takes from the front: at most `countMax` elements, and no further one once `bytesMax` bytes are reached.
    package mutating func take(countMax: Int, bytesMax: Int) -> [Element] {
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
    package mutating func close() {
        isClosed = true
    }
}
