import Domain

/// The nodes of one simulation as their callers see them: whoever asks gets to one of those that live.
struct SimulatedNodes<Node: Sendable>: Sendable {
    /// One of each node, in order.
    let doors: [FrontDoor<Node>]
    private let random: RandomSource

    init(count: Int, _ world: World) {
        doors = (0..<count).map { _ in FrontDoor() }
        random = world.random(for: "balancer")
    }

    /// Asks a living node, chosen by chance: one that stands still counts as living until its callers give up.
    ///
    /// Nil when there is none, or when it died before its answer was out; throws what the question throws.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (Node) async throws -> Answer
    ) async throws -> Answer? {
        guard let door = random.element(of: doors.filter(\.isOpen)) else { return nil }
        return try await door.ask(question)
    }
}
