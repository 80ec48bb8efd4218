import Domain

/// How one thing that weddings need does right now, in a planner's words.
struct ServiceLine: Sendable {
    let name: String
    let text: String
    let badge: Standing
    /// Whether somebody should know.
    let isTrouble: Bool

    /// What is known of the integrations.
    struct Sight: Sendable {
        /// `Stripe` for `stripe-main`.
        let titles: [String: String]
        /// `healthy`, `down`, …, by integration.
        let states: [String: String]
        /// Where calls of a capability go in place of their route, by capability.
        let failovers: [String: (to: String, why: String, isOrder: Bool)]

        func title(_ integration: String) -> String { titles[integration] ?? integration }
        func isBad(_ integration: String) -> Bool {
            ["unhealthy", "down"].contains(states[integration] ?? "unknown")
        }
        func word(_ integration: String) -> String {
            switch states[integration] ?? "unknown" {
            case "down": "is down"
            case "unhealthy": "fails often"
            case "degraded": "is slower than usual"
            default: "works"
            }
        }
    }

    /// Every capability that some integration serves, in the order of the routes.
    static func all(routes: [JSONValue], sight: Sight) -> [ServiceLine] {
        routes.compactMap { route in
            let serving = route.list("serving").compactMap(\.string)
            guard let capability = route.text("capability"), let first = serving.first else { return nil }
            return ServiceLine(capability, serving, first: first, sight)
        }
    }

    private init(_ capability: String, _ serving: [String], first: String, _ sight: Sight) {
        name = Words.capability(capability)
        if let failover = sight.failovers[capability], failover.to != first {
            let to = sight.title(failover.to)
            if sight.isBad(failover.to) {
                text = "\(sight.title(first)) \(sight.word(first)), and \(to) \(sight.word(failover.to)) too."
                badge = Standing("Not working", tone: .bad)
            } else if failover.isOrder {
                text = "Goes through \(to), as somebody ordered. Nothing is lost."
                badge = Standing("Rerouted", tone: .warn)
            } else {
                let why = sight.isBad(first) ? "\(sight.title(first)) \(sight.word(first))" : "\(sight.title(first)) is coming back"
                text = "Goes through \(to) because \(why). Nothing is lost."
                badge = Standing("Rerouted", tone: .warn)
            }
            isTrouble = true
            return
        }
        if let good = serving.first(where: { !sight.isBad($0) }) {
            isTrouble = sight.isBad(first)
            if isTrouble {
                text = "\(sight.title(first)) \(sight.word(first)); \(sight.title(good)) takes over what cannot wait."
                badge = Standing("Taking over", tone: .warn)
            } else if sight.states[first] == "degraded" {
                text = "Works through \(sight.title(first)), slower than usual."
                badge = Standing("Slow", tone: .warn)
            } else {
                let spare = serving.dropFirst().first { !sight.isBad($0) }.map { "; \(sight.title($0)) stands by" }
                text = "Works through \(sight.title(first))\(spare ?? "")."
                badge = Standing("Works", tone: .good)
            }
        } else {
            isTrouble = true
            text =
                "\(Words.list(serving.map { sight.title($0) })) \(serving.count == 1 ? sight.word(first) : "are down"). "
                + "What is asked for waits and goes out as soon as it can."
            badge = Standing("Not working", tone: .bad)
        }
    }
}
