import Domain

/// How one thing that weddings need does right now, in a planner's words.
struct ServiceLine: Sendable {
    let name: String
    let text: String
    /// The same as a whole sentence.
    let sentence: String
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
        let isOne = ["email", "weather"].contains(capability)
        let clause: String
        (clause, badge, isTrouble) = Self.clause(capability, serving, first: first, isOne: isOne, sight)
        text = Words.capitalised(clause)
        sentence = "\(name) \(clause)"
    }

    /// What follows the name, such as `go through Square because Stripe is down`.
    private static func clause(
        _ capability: String,
        _ serving: [String],
        first: String,
        isOne: Bool,
        _ sight: Sight
    ) -> (String, Standing, Bool) {
        if let failover = sight.failovers[capability], failover.to != first, !sight.isBad(failover.to) {
            let why =
                failover.isOrder
                ? "as somebody ordered"
                : sight.isBad(first)
                    ? "because \(sight.title(first)) \(sight.word(first))"
                    : "until \(sight.title(first)) is back for good"
            let text = "\(isOne ? "goes" : "go") through \(sight.title(failover.to)) \(why). Nothing is lost."
            return (text, Standing("Rerouted", tone: .warn), true)
        }
        guard let good = serving.first(where: { !sight.isBad($0) }) else {
            let who = Words.list(serving.map { sight.title($0) })
            let what = serving.count == 1 ? sight.word(first) : "are down"
            let text =
                "\(isOne ? "does" : "do") not work right now: \(who) \(what). "
                + "What is asked for waits and goes out as soon as it can."
            return (text, Standing("Not working", tone: .bad), true)
        }
        let verb = isOne ? "works" : "work"
        if good != first {
            let text =
                "\(verb) through \(sight.title(good)): \(sight.title(first)) \(sight.word(first)). Nothing is lost."
            return (text, Standing("Taking over", tone: .warn), true)
        }
        if sight.states[first] == "degraded" {
            return (
                "\(verb) through \(sight.title(first)), slower than usual.", Standing("Slow", tone: .warn),
                true
            )
        }
        let spare = serving.dropFirst().first { !sight.isBad($0) }.map { "; \(sight.title($0)) stands by" }
        return ("\(verb) through \(sight.title(first))\(spare ?? "").", Standing("Works", tone: .good), false)
    }
}
