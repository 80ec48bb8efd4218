import Domain
import Storage

/// Reads and writes weddings with their vendors and timelines, vendors, and references.
struct WeddingTable {
    let zones: ZoneDirectory

    private static let selectWeddings = Statement("SELECT id, title, date, zone FROM weddings")
    private static let selectAssignments = Statement("SELECT wedding_id, vendor, role FROM wedding_vendors")
    private static let selectTimeline = Statement(
        "SELECT wedding_id, id, name, starts_at, ends_at, vendor FROM timeline_items"
    )
    private static let selectReferences = Statement(
        "SELECT provider, kind, object_id, wedding_id, vendor FROM external_references"
    )
    private static let selectVendors = Statement("SELECT name, title, email, phone FROM vendors")
    private static let upsertWedding = Statement(
        """
        INSERT INTO weddings (id, title, date, zone, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, date = excluded.date, zone = excluded.zone,
            updated_at = excluded.updated_at
        """
    )
    private static let insertAssignment = Statement(
        "INSERT INTO wedding_vendors (wedding_id, vendor, role) VALUES ($1, $2, $3)"
    )
    private static let insertItem = Statement(
        """
        INSERT INTO timeline_items (wedding_id, id, name, starts_at, ends_at, vendor)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    )
    private static let deleteAssignments = Statement("DELETE FROM wedding_vendors WHERE wedding_id = $1")
    private static let deleteTimeline = Statement("DELETE FROM timeline_items WHERE wedding_id = $1")
    private static let deleteReferences = Statement("DELETE FROM external_references WHERE wedding_id = $1")
    private static let deleteWedding = Statement("DELETE FROM weddings WHERE id = $1")
    private static let countWedding = Statement("SELECT COUNT(*) FROM weddings WHERE id = $1")
    private static let countWeddings = Statement("SELECT COUNT(*) FROM weddings")
    private static let countVendors = Statement("SELECT COUNT(*) FROM vendors")
    private static let countVendor = Statement("SELECT COUNT(*) FROM vendors WHERE name = $1")
    private static let countWork = Statement("SELECT COUNT(*) FROM wedding_vendors WHERE vendor = $1")
    private static let upsertVendor = Statement(
        """
        INSERT INTO vendors (name, title, email, phone, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title, email = excluded.email, phone = excluded.phone,
            updated_at = excluded.updated_at
        """
    )
    private static let deleteVendor = Statement("DELETE FROM vendors WHERE name = $1")
    private static let upsertReference = Statement(
        """
        INSERT INTO external_references (provider, kind, object_id, wedding_id, vendor, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (provider, kind, object_id) DO UPDATE SET vendor = excluded.vendor
        """
    )
    private static let selectReference = Statement(
        "SELECT wedding_id FROM external_references WHERE provider = $1 AND kind = $2 AND object_id = $3"
    )
    private static let deleteReference = Statement(
        "DELETE FROM external_references WHERE provider = $1 AND kind = $2 AND object_id = $3"
    )
    private static let countReferences = Statement(
        "SELECT COUNT(*) FROM external_references WHERE wedding_id = $1"
    )

    // MARK: Reading

    func loadAll(_ transaction: Transaction) throws -> WeddingSnapshot {
        var assignments: [String: [VendorAssignment]] = [:]
        for row in try transaction.query(Self.selectAssignments) {
            let assignment = VendorAssignment(
                vendor: try resourceName(try row.text(1)),
                role: try resourceName(try row.text(2))
            )
            assignments[try row.text(0), default: []].append(assignment)
        }
        var timelines: [String: [TimelineItem]] = [:]
        for row in try transaction.query(Self.selectTimeline) {
            timelines[try row.text(0), default: []].append(try item(row))
        }
        var weddings: [WeddingID: Wedding] = [:]
        for row in try transaction.query(Self.selectWeddings) {
            let text = try row.text(0)
            let wedding = try wedding(row, assignments[text] ?? [], timelines[text] ?? [])
            weddings[wedding.id] = wedding
        }
        var vendors: [ResourceName: Vendor] = [:]
        for row in try transaction.query(Self.selectVendors) {
            let vendor = try Vendor(
                name: try resourceName(try row.text(0)),
                title: try row.text(1),
                email: try row.optionalText(2),
                phone: try row.optionalText(3)
            )
            vendors[vendor.name] = vendor
        }
        var references: [ExternalReference: WeddingLink] = [:]
        for row in try transaction.query(Self.selectReferences) {
            let (reference, link) = try reference(row)
            references[reference] = link
        }
        return WeddingSnapshot(weddings: weddings, vendors: vendors, references: references)
    }

    private func wedding(
        _ row: Row,
        _ vendors: [VendorAssignment],
        _ timeline: [TimelineItem]
    ) throws -> Wedding {
        guard let id = WeddingID(try row.text(0)), let date = CivilDate(try row.text(2)),
            let zone = zones(try row.text(3))
        else { throw StorageError.corrupt("a wedding's id, date or zone is none") }
        return try Wedding(
            id: id,
            title: try row.text(1),
            date: date,
            zone: zone,
            vendors: vendors,
            timeline: timeline
        )
    }

    private func item(_ row: Row) throws -> TimelineItem {
        guard let id = TimelineItemID(try row.text(1)) else {
            throw StorageError.corrupt("the id of a timeline item is none")
        }
        return try TimelineItem(
            id: id,
            name: try row.text(2),
            startsAt: try row.instant(3),
            endsAt: try row.optionalInstant(4),
            vendor: try row.optionalText(5).map(resourceName)
        )
    }

    private func reference(_ row: Row) throws -> (ExternalReference, WeddingLink) {
        let reference = ExternalReference(
            provider: try resourceName(try row.text(0)),
            kind: try resourceName(try row.text(1)),
            objectID: try row.text(2)
        )
        guard let reference, let wedding = WeddingID(try row.text(3)) else {
            throw StorageError.corrupt("an external reference is none")
        }
        return (reference, WeddingLink(wedding: wedding, vendor: try row.optionalText(4).map(resourceName)))
    }

    // MARK: Writing

    func exists(_ id: WeddingID, _ transaction: Transaction) throws -> Bool {
        try count(Self.countWedding, [.text(id.text)], transaction) > 0
    }

    func exists(_ vendor: ResourceName, _ transaction: Transaction) throws -> Bool {
        try count(Self.countVendor, [.text(vendor.text)], transaction) > 0
    }

    func isWorking(_ vendor: ResourceName, _ transaction: Transaction) throws -> Bool {
        try count(Self.countWork, [.text(vendor.text)], transaction) > 0
    }

    func weddingCount(_ transaction: Transaction) throws -> Int {
        try count(Self.countWeddings, [], transaction)
    }

    func vendorCount(_ transaction: Transaction) throws -> Int {
        try count(Self.countVendors, [], transaction)
    }

    func referenceCount(_ wedding: WeddingID, _ transaction: Transaction) throws -> Int {
        try count(Self.countReferences, [.text(wedding.text)], transaction)
    }

    private func count(
        _ statement: Statement,
        _ arguments: [SQLValue],
        _ transaction: Transaction
    ) throws -> Int {
        Int(try transaction.first(statement, arguments)?.integer(0) ?? 0)
    }

    func put(_ wedding: Wedding, now: Instant, _ transaction: Transaction) throws {
        let id = SQLValue.text(wedding.id.text)
        try transaction.execute(
            Self.upsertWedding,
            [
                id, .text(wedding.title), .text(wedding.date.description), .text(wedding.zone.name),
                .instant(now),
            ]
        )
        try transaction.execute(Self.deleteAssignments, [id])
        for assignment in wedding.vendors {
            try transaction.execute(
                Self.insertAssignment,
                [id, .text(assignment.vendor.text), .text(assignment.role.text)]
            )
        }
        try transaction.execute(Self.deleteTimeline, [id])
        for item in wedding.timeline {
            try transaction.execute(
                Self.insertItem,
                [
                    id, .text(item.id.text), .text(item.name), .instant(item.startsAt),
                    .optional(item.endsAt) { .instant($0) },
                    .optional(item.vendor) { .text($0.text) },
                ]
            )
        }
    }

    func remove(_ id: WeddingID, _ transaction: Transaction) throws {
        for statement in [
            Self.deleteAssignments, Self.deleteTimeline, Self.deleteReferences, Self.deleteWedding,
        ] {
            try transaction.execute(statement, [.text(id.text)])
        }
    }

    func put(_ vendor: Vendor, now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(
            Self.upsertVendor,
            [
                .text(vendor.name.text), .text(vendor.title), .optional(vendor.email) { .text($0) },
                .optional(vendor.phone) { .text($0) }, .instant(now),
            ]
        )
    }

    func removeVendor(_ name: ResourceName, _ transaction: Transaction) throws {
        try transaction.execute(Self.deleteVendor, [.text(name.text)])
    }

    /// The wedding that has the reference now.
    func owner(of reference: ExternalReference, _ transaction: Transaction) throws -> String? {
        try transaction.first(Self.selectReference, key(reference))?.text(0)
    }

    func put(
        _ reference: ExternalReference,
        _ link: WeddingLink,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            Self.upsertReference,
            key(reference) + [
                .text(link.wedding.text), .optional(link.vendor) { .text($0.text) }, .instant(now),
            ]
        )
    }

    func remove(_ reference: ExternalReference, _ transaction: Transaction) throws {
        try transaction.execute(Self.deleteReference, key(reference))
    }

    private func key(_ reference: ExternalReference) -> [SQLValue] {
        [.text(reference.provider.text), .text(reference.kind.text), .text(reference.objectID)]
    }
}
