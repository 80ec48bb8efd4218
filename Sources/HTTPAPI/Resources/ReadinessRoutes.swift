import Access
import Domain
package import Health
import Registry

/// How ready everything is for a wedding.
package struct ReadinessRoutes: Sendable {
    private let context: ResourceContext
    private let desk: ReadinessDesk

    /// Makes the routes over a desk.
    package init(context: ResourceContext, desk: ReadinessDesk) {
        self.context = context
        self.desk = desk
    }

    /// The routes.
    package var all: [Route] { [show] }

    private var show: Route {
        Route(
            .get,
            "/api/weddings/{id}/readiness",
            id: "getReadiness",
            tag: "weddings",
            summary: "Marks how ready everything is for a wedding, 0 to 100, and says what would raise it.",
            replies: [.json(200, .named("Readiness"), "The marks.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                guard let id = WeddingID(call.path["id"]),
                    let wedding = context.weddings.snapshot.weddings[id]
                else { throw Problem.notFound }
                let readiness = try await desk.readiness(of: wedding)
                let moment = wedding.clock.moment(at: context.time.now())
                return .json([
                    "wedding": .string(id.text),
                    "title": .string(wedding.title),
                    "date": .string(wedding.date.description),
                    "phase": .string(moment.phase.name),
                    "score": .integer(readiness.score),
                    "parts": .array(readiness.marks.map(\.json)),
                ])
            }
        )
    }
}

extension Readiness.Mark {
    /// The mark as the API shows it.
    fileprivate var json: JSONValue {
        [
            "part": .string(part.rawValue),
            "points": .integer(points),
            "of": .integer(part.weight),
            "reason": .string(reason),
            "raise": .array(raise.map { .string($0) }),
        ]
    }
}
