package import Domain

/// Reads weddings and vendors as the API and JSON files write them.
package enum WeddingJSON {
    /// Reads `{"vendors": [...], "weddings": [...]}`, or a list of weddings.
    static func read(_ bytes: [UInt8]) -> ImportReading {
        var reading = ImportReading()
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONParser.parse(bytes)
        } catch {
            reading.problems = [ImportProblem("the file", "json", "is not valid JSON: \(error)")]
            return reading
        }
        guard let weddings = json.array ?? json["weddings"]?.array else {
            reading.problems = [ImportProblem("the file", "weddings", "give a list of weddings")]
            return reading
        }
        for (index, element) in (json["vendors"]?.array ?? []).enumerated() {
            do throws(ImportProblem) {
                reading.vendors.append(try vendor(element, "vendors[\(index)]"))
            } catch {
                reading.problems.append(error)
            }
        }
        for (index, element) in weddings.enumerated() where reading.problems.count < WeddingImport.problemsMax
        {
            do throws(ImportProblem) {
                let place = "weddings[\(index)]"
                guard let id = element["id"]?.string.flatMap({ WeddingID($0) }) else {
                    throw ImportProblem(place, "id", idRule)
                }
                reading.add(try wedding(element, id, place))
            } catch {
                reading.problems.append(error)
            }
        }
        return reading
    }

    static let idRule = "give 1 to \(givenIDBytesMax) of A-Z, a-z, 0-9 and . _ - @ :"

    /// Reads one wedding; members that are not known are refused.
    package static func wedding(
        _ json: JSONValue,
        _ id: WeddingID,
        _ place: String = "the wedding"
    ) throws(ImportProblem) -> WeddingDraft {
        try checkMembers(json, ["id", "title", "date", "zone", "vendors", "timeline"], place)
        var draft = WeddingDraft(place: place, id: id)
        draft.title = try text(json, "title", place)
        draft.date = try text(json, "date", place)
        draft.zone = try text(json, "zone", place)
        if let vendors = json["vendors"] {
            guard let elements = vendors.array else { throw ImportProblem(place, "vendors", "give a list") }
            var assignments: [VendorAssignment] = []
            for element in elements {
                guard let vendor = element["vendor"]?.string.flatMap({ ResourceName($0) }),
                    let role = element["role"]?.string.flatMap({ ResourceName($0) })
                else {
                    throw ImportProblem(
                        place,
                        "vendors",
                        "give vendor and role, both names of a-z, 0-9 and -"
                    )
                }
                assignments.append(VendorAssignment(vendor: vendor, role: role))
            }
            draft.vendors = assignments
        }
        if let items = json["timeline"] { draft.timeline = try timeline(items, place) }
        return draft
    }

    /// Reads a timeline.
    package static func timeline(
        _ json: JSONValue,
        _ place: String = "the timeline"
    ) throws(ImportProblem) -> [TimelineDraft] {
        guard let elements = json.array else { throw ImportProblem(place, "timeline", "give a list") }
        var items: [TimelineDraft] = []
        for (index, element) in elements.enumerated() {
            items.append(try item(element, "\(place).timeline[\(index)]"))
        }
        return items
    }

    private static func item(_ json: JSONValue, _ place: String) throws(ImportProblem) -> TimelineDraft {
        try checkMembers(json, ["id", "name", "starts_at", "ends_at", "vendor"], place)
        guard let id = json["id"]?.string.flatMap({ TimelineItemID($0) }) else {
            throw ImportProblem(place, "id", idRule)
        }
        guard let starts = try time(json, "starts_at", place) else {
            throw ImportProblem(place, "starts_at", "is missing")
        }
        var vendor: ResourceName?
        if let name = try text(json, "vendor", place) {
            vendor = ResourceName(name)
            if vendor == nil { throw ImportProblem(place, "vendor", "is no name of a-z, 0-9 and -") }
        }
        return TimelineDraft(
            place: place,
            id: id,
            name: try text(json, "name", place) ?? "",
            startsAt: starts,
            endsAt: try time(json, "ends_at", place),
            vendor: vendor
        )
    }

    /// Reads one vendor.
    package static func vendor(
        _ json: JSONValue,
        _ place: String = "the vendor"
    ) throws(ImportProblem) -> Vendor {
        try checkMembers(json, ["name", "title", "email", "phone"], place)
        guard let name = json["name"]?.string.flatMap({ ResourceName($0) }) else {
            throw ImportProblem(place, "name", "give 1 to 63 of a-z, 0-9 and -, starting with a letter")
        }
        let email = try text(json, "email", place)
        let phone = try text(json, "phone", place)
        let title = try text(json, "title", place) ?? name.text
        do throws(WeddingProblem) {
            return try Vendor(name: name, title: title, email: email, phone: phone)
        } catch {
            throw ImportProblem(place, error)
        }
    }

    private static func time(
        _ json: JSONValue,
        _ field: String,
        _ place: String
    ) throws(ImportProblem) -> TimeText? {
        guard let text = try text(json, field, place) else { return nil }
        guard let time = TimeText(text) else { throw ImportProblem(place, field, timeRule) }
        return time
    }

    static let timeRule =
        "write 2026-06-20T16:00 for the wedding's own clocks, or add an offset: …T16:00:00+02:00"

    private static func text(
        _ json: JSONValue,
        _ field: String,
        _ place: String
    ) throws(ImportProblem) -> String? {
        guard let value = json[field], !value.isNull else { return nil }
        guard let text = value.string else { throw ImportProblem(place, field, "is not a text") }
        return text
    }

    private static func checkMembers(
        _ json: JSONValue,
        _ known: [String],
        _ place: String
    ) throws(ImportProblem) {
        guard let members = json.object else { throw ImportProblem(place, "json", "is not an object") }
        for member in members where !known.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) {
            throw ImportProblem(
                place,
                "json",
                "has a member that is not known; known are: \(known.joined(separator: ", "))"
            )
        }
    }
}
