import Domain

extension CallInput {
    /// What two reads must agree on to be the same one, byte by byte; nil for what is never shared.
    ///
    /// Normalised: places that share an answer have one identity, however their degrees are written.
    package var readIdentity: [UInt8]? {
        switch self {
        case .weather(let input):
            Array("\(input.latitudeHundredths) \(input.longitudeHundredths) \(input.days)".utf8)
        case .object(let input): Array(input.key.utf8)
        case .calendarChanges(let input):
            JSONValue.array([
                Self.text(input.calendar), Self.text(input.since),
                Self.text(input.window.map { "\($0.lowerBound)/\($0.upperBound)" }),
            ]).serialized()
        case .target: []
        case .payment, .paymentChange, .sms, .email, .meeting, .calendarItem: nil
        }
    }

    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
