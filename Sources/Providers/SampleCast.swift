import Domain
import Signatures

/// The couples and vendors that sample events tell of, and the providers' objects that are theirs.
///
/// A demonstration that registers them sees each event find its wedding.
package enum SampleCast {
    /// A couple and its wedding.
    package struct Couple: Hashable, Sendable {
        /// The wedding's id.
        package let wedding: String
        /// What people call it.
        package let title: String
        /// How many days from now they marry.
        package let daysAhead: Int
    }

    /// A vendor, who works every wedding.
    package struct Supplier: Hashable, Sendable {
        /// The vendor's name.
        package let vendor: String
        /// What people call it.
        package let title: String
        /// What it does.
        package let role: String
        /// What it sells.
        package let service: String
    }

    /// One object at a provider that stands for the work of a vendor at a wedding.
    package struct Object: Hashable, Sendable {
        /// The provider.
        package let provider: ProviderName
        /// The kind of object, as `CorrelationRules` name it.
        package let kind: String
        /// Its id there.
        package let objectID: String
    }

    /// The couples: the first marries today.
    package static let couples = [
        Couple(wedding: "amara-jonas", title: "Amara & Jonas", daysAhead: 0),
        Couple(wedding: "chloe-mateus", title: "Chloé & Mateus", daysAhead: 7),
        Couple(wedding: "priya-daniel", title: "Priya & Daniel", daysAhead: 60),
        Couple(wedding: "soeren-ines", title: "Søren & Ines", daysAhead: 200),
    ]

    /// The vendors.
    package static let suppliers = [
        Supplier(
            vendor: "lakeside-photography",
            title: "Lakeside Photography",
            role: "photographer",
            service: "Photography, ten hours"
        ),
        Supplier(
            vendor: "villa-aurora",
            title: "Villa Aurora",
            role: "venue",
            service: "Venue, whole weekend"
        ),
        Supplier(
            vendor: "nordlys-quartet",
            title: "Nordlys Quartet",
            role: "music",
            service: "Ceremony music"
        ),
        Supplier(
            vendor: "green-fork-catering",
            title: "Green Fork Catering",
            role: "catering",
            service: "Dinner for 120"
        ),
    ]

    /// The meeting, the calendar channel and the subscription that samples name for this work.
    package static func objects(wedding: String, vendor: String) -> [Object] {
        [
            Object(provider: .zoom, kind: "meeting", objectID: meeting(wedding, vendor)),
            Object(provider: .googleCalendar, kind: "channel", objectID: channel(wedding, vendor)),
            Object(provider: .microsoftGraph, kind: "subscription", objectID: subscription(wedding, vendor)),
        ]
    }

    /// Zoom's number of the meeting that is held again and again: `8` and ten digits.
    static func meeting(_ wedding: String, _ vendor: String) -> String {
        let number = hash(wedding, vendor).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return "\(80_000_000_000 + number % 10_000_000_000)"
    }

    /// The id that a calendar's push channel was made with.
    static func channel(_ wedding: String, _ vendor: String) -> String { "\(wedding).\(vendor)" }

    /// A subscription's id at Microsoft Graph: a UUID.
    static func subscription(_ wedding: String, _ vendor: String) -> String {
        uuid(naming: "\(wedding).\(vendor)")
    }

    private static func hash(_ wedding: String, _ vendor: String) -> [UInt8] {
        sha256([Array("\(wedding).\(vendor)".utf8)])
    }
}

/// A UUID that always stands for the same text.
func uuid(naming text: String) -> String {
    let digits = Array(Hex.encode(sha256([Array(text.utf8)])))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
}

/// One vendor's work for one wedding, as the samples tell of it.
struct SampleBooking {
    let couple: String
    let wedding: String
    let date: String
    let vendor: String
    let vendorName: String
    let service: String
    /// In cents.
    let amount: Int

    init(_ dice: SampleDice, now: Instant) {
        let pair = dice.pick(SampleCast.couples)
        let supplier = dice.pick(SampleCast.suppliers)
        couple = pair.title
        wedding = pair.wedding
        date = "\(CivilDate(daysSinceEpoch: Int(now.dayNumber) + pair.daysAhead))"
        vendor = supplier.vendor
        vendorName = supplier.title
        service = supplier.service
        amount = dice.number(30...900) * 1_000
    }

    /// What the app attaches to every payment, so that the wedding can be found again.
    var metadata: JSONValue {
        ["wedding_id": .string(wedding), "wedding_date": .string(date), "vendor": .string(vendor)]
    }
}
