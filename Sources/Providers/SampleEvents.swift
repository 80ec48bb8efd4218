package import Domain

/// Makes realistic events: for `usher trigger`, the demonstration and tests.
package enum SampleEvents {
    /// The types that can be made for `provider`, the most telling first.
    package static func types(of provider: ProviderName) -> [String] {
        switch provider {
        case .stripe: StripeSamples.types
        case .square: SquareSamples.types
        case .paypal: PayPalSamples.types
        case .twilio: TwilioSamples.types
        case .sendgrid: SendGridSamples.types
        case .zoom: ZoomSamples.types
        case .cloudinary: CloudinarySamples.types
        case .awsSNS: SNSSamples.types
        case .googleCalendar: GoogleCalendarSamples.types
        case .microsoftGraph: GraphSamples.types
        case .standardWebhooks: ["contract.signed", "guest.rsvp_changed"]
        case .generic: ["booking.updated"]
        }
    }

    /// Makes one event; nil when `type` is none of `types(of:)`.
    /// - Parameter id: the provider's id of the event; nil makes a new one. Twilio, Zoom, Cloudinary,
    ///   Google and Graph have none: theirs always follows from the rest of the event.
    /// - Parameter now: when the event happened.
    /// - Parameter random: gives ids and amounts; an equal sequence gives an equal event.
    package static func make(
        _ type: String,
        of provider: ProviderName,
        id: String? = nil,
        now: Instant,
        random: RandomSource
    ) -> SampleEvent? {
        guard types(of: provider).contains(where: { $0.utf8.elementsEqual(type.utf8) }) else { return nil }
        let dice = SampleDice(random: random)
        let booking = SampleBooking(dice, now: now)
        switch provider {
        case .stripe:
            let id = id ?? dice.name("evt_1", 23)
            let json = StripeSamples(id: id, type: type, now: now, dice: dice, booking: booking).event
            return SampleEvent(provider: provider, id: id, type: type, body: json.serialized(pretty: true))
        case .square:
            let id = id ?? dice.uuid
            return SquareSamples(id: id, type: type, now: now, dice: dice, booking: booking).event
        case .paypal:
            let id = id ?? dice.code("WH-", 17) + dice.code("-", 17)
            return PayPalSamples(id: id, type: type, now: now, dice: dice, booking: booking).event
        case .twilio: return TwilioSamples(type: type, now: now, dice: dice, booking: booking).event
        case .sendgrid:
            let id = id ?? dice.name("", 48)
            return SendGridSamples(id: id, type: type, now: now, dice: dice, booking: booking).event
        case .zoom: return ZoomSamples(type: type, now: now, dice: dice, booking: booking).event
        case .cloudinary: return CloudinarySamples(type: type, now: now, dice: dice, booking: booking).event
        case .awsSNS:
            let id = id ?? dice.uuid
            return SNSSamples(id: id, type: type, now: now, dice: dice, booking: booking).event
        case .googleCalendar:
            return GoogleCalendarSamples(type: type, now: now, dice: dice, booking: booking).event
        case .microsoftGraph:
            return GraphSamples(type: type, now: now, dice: dice, booking: booking).event
        case .standardWebhooks:
            let json = standardWebhooks(type, now: now, dice: dice, booking: booking)
            let id = id ?? dice.name("msg_", 27)
            return SampleEvent(provider: provider, id: id, type: type, body: json.serialized())
        case .generic:
            let id = id ?? dice.name("bk_evt_", 16)
            let json = bookingUpdated(id, type, now: now, dice: dice, booking: booking)
            return SampleEvent(provider: provider, id: id, type: type, body: json.serialized())
        }
    }

    private static func standardWebhooks(
        _ type: String,
        now: Instant,
        dice: SampleDice,
        booking: SampleBooking
    ) -> JSONValue {
        let signed: JSONValue = [
            "contract_id": .string(dice.name("ctr_", 14)),
            "title": "\(booking.service) for \(booking.couple)",
            "signed_by": [
                [
                    "role": "vendor", "name": .string(booking.vendorName),
                    "signed_at": "\(now - .seconds(5_400))",
                ],
                ["role": "couple", "name": .string(booking.couple), "signed_at": "\(now)"],
            ],
            "total": ["amount": .integer(booking.amount), "currency": "eur"],
            "metadata": booking.metadata,
        ]
        let answered: JSONValue = [
            "guest_id": .string(dice.name("gst_", 14)),
            "party_size": .integer(dice.number(1...4)),
            "answer": dice.number(0...4) == 0 ? "declined" : "accepted",
            "meals": ["vegetarian", "fish"],
            "note": "We arrive the evening before — is there parking?",
            "metadata": booking.metadata,
        ]
        return [
            "type": .string(type),
            "timestamp": "\(now)",
            "data": type == "contract.signed" ? signed : answered,
        ]
    }

    private static func bookingUpdated(
        _ id: String,
        _ type: String,
        now: Instant,
        dice: SampleDice,
        booking: SampleBooking
    ) -> JSONValue {
        [
            "id": .string(id),
            "type": .string(type),
            "occurred_at": "\(now)",
            "booking": [
                "id": .string(dice.name("bk_", 10)),
                "vendor": .string(booking.vendor),
                "wedding": .string(booking.wedding),
                "service": .string(booking.service),
                "date": .string(booking.date),
                "arrival": "14:30",
                "status": "confirmed",
                "price": ["amount": .integer(booking.amount), "currency": "EUR"],
            ],
        ]
    }
}

/// Chance as the samples need it.
struct SampleDice {
    let random: RandomSource

    /// A number in `range`.
    func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.count))
    }

    /// `prefix` and `count` letters and digits.
    func name(_ prefix: String, _ count: Int) -> String {
        prefix
            + String(decoding: (0..<count).map { _ in letters[number(0...letters.count - 1)] }, as: UTF8.self)
    }

    /// `prefix` and `count` digits and capital letters.
    func code(_ prefix: String, _ count: Int) -> String {
        prefix + String(decoding: (0..<count).map { _ in letters[number(0...35)] }, as: UTF8.self)
    }

    /// `count` lower-case hexadecimal digits; `count` is even.
    func digits(_ count: Int) -> String {
        Hex.encode((0..<count / 2).map { _ in UInt8(number(0...255)) })
    }

    /// A random UUID (RFC 9562 version 4), lower case.
    var uuid: String {
        let groups = [8, 4, 4, 4, 12].map(digits)
        return "\(groups[0])-\(groups[1])-4\(groups[2].dropFirst())-a\(groups[3].dropFirst())-\(groups[4])"
    }

    /// One of `choices`, which are not empty.
    func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[number(0...choices.count - 1)]
    }
}

private let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
