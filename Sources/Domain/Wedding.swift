/// What makes a wedding, a vendor or a part of one impossible: the field, and what to write.
package struct WeddingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field: `date`, `timeline[2].ends_at`.
    package let field: String
    /// What is wrong and what to do.
    package let message: String

    /// Names a field and what is wrong with it.
    package init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }

    package var description: String { "\(field): \(message)" }
}

/// One item of a wedding's timeline: the ceremony, the first dance.
package struct TimelineItem: Hashable, Sendable {
    /// Its id, unique in its wedding.
    package let id: TimelineItemID
    /// What people call it.
    package let name: String
    /// When it begins.
    package let startsAt: Instant
    /// When it ends; nil when nobody said.
    package let endsAt: Instant?
    /// Who is responsible for it; assigned to the wedding.
    package let vendor: ResourceName?

    /// Makes an item; throws what is wrong with it.
    package init(
        id: TimelineItemID,
        name: String,
        startsAt: Instant,
        endsAt: Instant? = nil,
        vendor: ResourceName? = nil
    ) throws(WeddingProblem) {
        try checkTitle(name, "name")
        guard endsAt.map({ $0 > startsAt }) ?? true else {
            throw WeddingProblem("ends_at", "must lie after starts_at")
        }
        self.id = id
        self.name = name
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.vendor = vendor
    }
}

/// One vendor working a wedding.
package struct VendorAssignment: Hashable, Sendable {
    /// Who.
    package let vendor: ResourceName
    /// As what: `photographer`, `venue`.
    package let role: ResourceName

    /// Assigns a vendor in a role.
    package init(vendor: ResourceName, role: ResourceName) {
        self.vendor = vendor
        self.role = role
    }
}

/// A business working weddings, and how to reach it.
package struct Vendor: Hashable, Sendable {
    /// The name it is known by; keys and sources of a vendor carry it.
    package let name: ResourceName
    /// What people call it.
    package let title: String
    /// An address for mail; nil when nobody gave one.
    package let email: String?
    /// A telephone number; nil when nobody gave one.
    package let phone: String?

    /// Makes a vendor; throws what is wrong with it.
    package init(
        name: ResourceName,
        title: String,
        email: String? = nil,
        phone: String? = nil
    ) throws(WeddingProblem) {
        try checkTitle(title, "title")
        if let email {
            let parts = email.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
            let isText = email.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), email.utf8.count <= 254, isText else {
                throw WeddingProblem("email", "is no address such as anna@example.com")
            }
        }
        if let phone {
            let isPhone = phone.utf8.allSatisfy { (0x30...0x39).contains($0) || " +-()./".utf8.contains($0) }
            guard isPhone, (3...40).contains(phone.utf8.count) else {
                throw WeddingProblem("phone", "takes 3 to 40 digits, spaces and + - ( ) . /")
            }
        }
        self.name = name
        self.title = title
        self.email = email
        self.phone = phone
    }
}

/// A wedding: a date in a zone, a timeline, and the vendors who work it.
///
/// One that exists keeps all its rules.
package struct Wedding: Hashable, Sendable {
    /// The most items of a timeline.
    package static let timelineMax = 200
    /// The most vendors of a wedding.
    package static let vendorsMax = 50
    /// How far an item may begin before or after the date, in days: beyond it one of both is a typing error.
    package static let timelineDaysMax = 400

    /// Its id.
    package let id: WeddingID
    /// What people call it.
    package let title: String
    /// The date, in its own zone.
    package let date: CivilDate
    /// The zone its calendar and clocks follow.
    package let zone: ZoneRules
    /// The vendors, by name.
    package let vendors: [VendorAssignment]
    /// The timeline, by begin.
    package let timeline: [TimelineItem]
    /// When its phases turn and its items begin.
    package let clock: WeddingClock

    /// Makes a wedding; throws what is wrong with it.
    package init(
        id: WeddingID,
        title: String,
        date: CivilDate,
        zone: ZoneRules,
        vendors: [VendorAssignment] = [],
        timeline: [TimelineItem] = []
    ) throws(WeddingProblem) {
        try checkTitle(title, "title")
        guard zone.has(date) else {
            throw WeddingProblem("date", "there was no \(date) in \(zone): its calendar skipped that day")
        }
        try Self.check(vendors)
        let clock = WeddingClock(date: date, zone: zone, starts: timeline.map(\.startsAt))
        try Self.check(timeline, vendors, day: clock.day)
        self.id = id
        self.title = title
        self.date = date
        self.zone = zone
        self.vendors = vendors.sorted { $0.vendor < $1.vendor }
        self.timeline = timeline.sorted {
            ($0.startsAt, $0.id.text) < ($1.startsAt, $1.id.text)
        }
        self.clock = clock
    }

    /// Whether this vendor works it.
    package func isWorked(by vendor: ResourceName) -> Bool {
        vendors.contains { $0.vendor == vendor }
    }

    /// The first item that begins after `now`.
    package func nextItem(after now: Instant) -> TimelineItem? {
        timeline.first { $0.startsAt > now }
    }

    private static func check(_ vendors: [VendorAssignment]) throws(WeddingProblem) {
        guard vendors.count <= vendorsMax else {
            throw WeddingProblem("vendors", "a wedding has at most \(vendorsMax)")
        }
        guard Set(vendors.map(\.vendor)).count == vendors.count else {
            throw WeddingProblem("vendors", "a vendor is named twice: give it one role")
        }
    }

    private static func check(
        _ timeline: [TimelineItem],
        _ vendors: [VendorAssignment],
        day: Instant
    ) throws(WeddingProblem) {
        guard timeline.count <= timelineMax else {
            throw WeddingProblem("timeline", "a timeline has at most \(timelineMax) items")
        }
        guard Set(timeline.map(\.id)).count == timeline.count else {
            throw WeddingProblem("timeline", "two items have the same id")
        }
        let farthest = Duration.seconds(Int64(timelineDaysMax) * 86_400)
        for (index, item) in timeline.enumerated() {
            if let vendor = item.vendor, !vendors.contains(where: { $0.vendor == vendor }) {
                throw WeddingProblem(
                    "timeline[\(index)].vendor",
                    "\(vendor) does not work this wedding: add it to vendors first"
                )
            }
            let distance = item.startsAt - day
            guard distance <= farthest, distance >= .zero - farthest else {
                throw WeddingProblem(
                    "timeline[\(index)].starts_at",
                    "lies more than \(timelineDaysMax) days from the wedding's date"
                )
            }
        }
    }
}

/// The longest title or name of an item, in Unicode scalars.
package let titleLengthMax = 200

/// Throws unless `text` is one line of 1 to 200 Unicode scalars.
private func checkTitle(_ text: String, _ field: String) throws(WeddingProblem) {
    let scalars = text.unicodeScalars
    guard (1...titleLengthMax).contains(scalars.count),
        !scalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw WeddingProblem(field, "takes one line of 1 to \(titleLengthMax) characters") }
}
