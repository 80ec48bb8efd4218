package import Domain

/// The formats weddings are imported from.
package enum ImportFormat: String, CaseIterable, Sendable {
    case json = "application/json"
    case csv = "text/csv"
    case calendar = "text/calendar"
}

/// What an import would make: weddings and vendors, or everything that is wrong with it.
package struct WeddingImport: Sendable {
    /// The most weddings of one import.
    package static let weddingsMax = 2_000
    /// The most problems that are told; reading stops there.
    package static let problemsMax = 100

    /// The weddings, whole: those that are there already with what the import leaves out.
    package private(set) var weddings: [Wedding] = []
    /// The vendors.
    package private(set) var vendors: [Vendor] = []
    /// What is wrong; nothing may be imported unless it is empty.
    package private(set) var problems: [ImportProblem] = []

    /// Reads an import.
    ///
    /// - Parameters:
    ///   - zone: the zone of weddings whose file names none.
    ///   - existing: what is there: an import changes weddings of the same id.
    package init(
        _ bytes: [UInt8],
        _ format: ImportFormat,
        zone: String? = nil,
        zones: ZoneDirectory,
        existing: WeddingSnapshot
    ) {
        let reading: ImportReading =
            switch format {
            case .json: WeddingJSON.read(bytes)
            case .csv: WeddingCSV.read(bytes)
            case .calendar: WeddingCalendar.read(bytes, zones: zones)
            }
        problems = reading.problems
        vendors = reading.vendors
        if reading.drafts.count > Self.weddingsMax {
            problems.append(
                ImportProblem("the file", "weddings", "has more than \(Self.weddingsMax): split it")
            )
        }
        for var draft in reading.drafts where problems.isEmpty || problems.count < Self.problemsMax {
            if draft.zone == nil, existing.weddings[draft.id] == nil { draft.zone = zone }
            do throws(ImportProblem) {
                let wedding = try draft.wedding(over: existing.weddings[draft.id], zones: zones)
                try checkVendors(wedding, draft.place, existing)
                weddings.append(wedding)
            } catch {
                problems.append(error)
            }
        }
        problems = Array(problems.prefix(Self.problemsMax))
    }

    private func checkVendors(
        _ wedding: Wedding,
        _ place: String,
        _ existing: WeddingSnapshot
    ) throws(ImportProblem) {
        for assignment in wedding.vendors {
            let isKnown = existing.vendors[assignment.vendor] != nil
            guard isKnown || vendors.contains(where: { $0.name == assignment.vendor }) else {
                throw ImportProblem(
                    place,
                    "vendors",
                    "there is no vendor \(assignment.vendor); add it first: `usher vendors add`"
                )
            }
        }
    }

    /// The changes that carry the import out.
    package var changes: [WeddingChange] {
        vendors.map { .putVendor($0) } + weddings.map { .put($0) }
    }
}

/// What a format's reader found.
struct ImportReading {
    var drafts: [WeddingDraft] = []
    var vendors: [Vendor] = []
    var problems: [ImportProblem] = []

    mutating func add(_ draft: WeddingDraft) {
        if drafts.contains(where: { $0.id == draft.id }) {
            problems.append(ImportProblem(draft.place, "id", "\(draft.id) stands in the file twice"))
        } else {
            drafts.append(draft)
        }
    }
}
