package import Domain
import Providers

/// The weddings that the demonstration registers: one today, whose next item is near, and the others of the cast.
package struct DemonstrationWeddings: Sendable {
    /// The zone of today's wedding: there it is about midday now.
    package let zone: String
    /// When the ceremony of today's wedding begins: 40 to 45 minutes from now.
    package let ceremony: Instant
    private let today: CivilDate

    /// Zones all around the globe, the likeliest places for a wedding first.
    private static let zonesKnown = [
        "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney",
        "Asia/Kolkata", "Asia/Dubai", "Asia/Bangkok", "America/Sao_Paulo", "Pacific/Honolulu",
        "Pacific/Auckland", "America/Denver", "America/Anchorage", "Asia/Dhaka", "Atlantic/Azores",
        "Atlantic/South_Georgia", "Asia/Singapore", "Pacific/Pago_Pago", "Pacific/Noumea",
    ]

    /// Finds the place where it is midday.
    package init(now: Instant, zones: ZoneDirectory) {
        let places = Self.zonesKnown.compactMap { zones($0) }
        let midday = places.min { Self.distance(now, $0) < Self.distance(now, $1) } ?? .utc
        zone = midday.name
        today = midday.local(now).date
        let begun = now.seconds - now.seconds % 300
        ceremony = Instant(seconds: begun + 45 * 60)
    }

    /// How far the local time is from 13 o'clock, in seconds.
    private static func distance(_ now: Instant, _ zone: ZoneRules) -> Int64 {
        let local = zone.local(now).secondsSinceEpoch
        return abs((local % 86_400 + 86_400) % 86_400 - 13 * 3_600)
    }

    /// The document for `POST /api/weddings/import`.
    package var document: JSONValue {
        [
            "vendors": .array(
                SampleCast.suppliers.map { supplier in
                    [
                        "name": .string(supplier.vendor), "title": .string(supplier.title),
                        "email": "hello@\(supplier.vendor).example",
                    ]
                }
            ),
            "weddings": .array(SampleCast.couples.map(wedding)),
        ]
    }

    /// What ties the providers' objects to the weddings: the wedding, and the body for its references.
    package var references: [(wedding: String, body: JSONValue)] {
        SampleCast.couples.flatMap { couple in
            SampleCast.suppliers.flatMap { supplier in
                SampleCast.objects(wedding: couple.wedding, vendor: supplier.vendor).map { object in
                    (
                        couple.wedding,
                        [
                            "provider": .string(object.provider.rawValue), "kind": .string(object.kind),
                            "object_id": .string(object.objectID), "vendor": .string(supplier.vendor),
                        ]
                    )
                }
            }
        }
    }

    private func wedding(_ couple: SampleCast.Couple) -> JSONValue {
        let isToday = couple.daysAhead == 0
        return [
            "id": .string(couple.wedding),
            "title": .string(couple.title),
            "date": "\(today.adding(days: couple.daysAhead))",
            "zone": isToday ? .string(zone) : "Europe/Berlin",
            "vendors": .array(
                SampleCast.suppliers.map {
                    ["vendor": .string($0.vendor), "role": .string($0.role)]
                }
            ),
            "timeline": .array(isToday ? timeline : []),
        ]
    }

    private var timeline: [JSONValue] {
        [
            item("getting-ready", "Getting ready", .seconds(-3 * 3_600), "lakeside-photography"),
            item("ceremony", "Ceremony", .zero, "nordlys-quartet"),
            item("dinner", "Dinner", .seconds(4 * 3_600), "green-fork-catering"),
            item("first-dance", "First dance", .seconds(7 * 3_600), "nordlys-quartet"),
        ]
    }

    private func item(_ id: String, _ name: String, _ offset: Duration, _ vendor: String) -> JSONValue {
        [
            "id": .string(id), "name": .string(name), "starts_at": "\(ceremony + offset)",
            "vendor": .string(vendor),
        ]
    }
}
