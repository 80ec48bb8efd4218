import Domain

/// What both weather providers' dialects share.
enum WeatherQuery {
    /// The place that a probe asks for: Greenwich.
    static let probePlace = (latitude: "51.48", longitude: "0.00")

    /// The input of a weather call; throws for any other.
    static func input(_ call: CallRequest, _ facts: ProviderFacts) throws(CallInputError) -> WeatherInput {
        guard facts.operations.contains(call.operation), case .weather(let input) = call.input else {
            throw .unsupported(call.operation, by: facts.title)
        }
        return input
    }

    /// Hundredths of a degree as a decimal text: `-3.70`.
    static func degrees(_ hundredths: Int) -> String {
        let size = abs(hundredths)
        let fraction = "\(100 + size % 100)".dropFirst()
        return "\(hundredths < 0 ? "-" : "")\(size / 100).\(fraction)"
    }

    /// The last step of any weather conversation in doubt: a read is simply repeated.
    static let settle = SettleStep.replay
}
