import Domain

/// Reads weddings from comma-separated values (RFC 4180), the first line naming the columns.
///
/// | column | meaning |
/// |---|---|
/// | `id` | the wedding's id; needed on every line |
/// | `title`, `date`, `zone` | needed on the first line of a new wedding |
/// | `vendors` | `photographer=anna;venue=old-mill` |
/// | `item_id`, `item_name`, `item_starts_at`, `item_ends_at`, `item_vendor` | one item of the timeline |
///
/// Lines of one id are one wedding. A file without item columns leaves timelines as they are.
enum WeddingCSV {
    private static let known = [
        "id", "title", "date", "zone", "vendors", "item_id", "item_name", "item_starts_at", "item_ends_at",
        "item_vendor",
    ]

    static func read(_ bytes: [UInt8]) -> ImportReading {
        var reading = ImportReading()
        do throws(ImportProblem) {
            let records = try CSVRecords.read(bytes)
            guard let header = records.first else { throw ImportProblem("line 1", "header", "is missing") }
            for name in header.fields where !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
                throw ImportProblem("line 1", "header", "columns are: \(known.joined(separator: ", "))")
            }
            guard Set(header.fields).count == header.fields.count, header.fields.contains("id") else {
                throw ImportProblem("line 1", "header", "needs the column id, and each column once")
            }
            for record in records.dropFirst() where reading.problems.count < WeddingImport.problemsMax {
                do throws(ImportProblem) {
                    try add(record, header.fields, to: &reading)
                } catch {
                    reading.problems.append(error)
                }
            }
        } catch {
            reading.problems.append(error)
        }
        return reading
    }

    private static func add(
        _ record: CSVRecords.Record,
        _ header: [String],
        to reading: inout ImportReading
    ) throws(ImportProblem) {
        let place = "line \(record.line)"
        guard record.fields.count == header.count else {
            throw ImportProblem(
                place,
                "line",
                "has \(record.fields.count) fields, the header \(header.count)"
            )
        }
        func field(_ name: String) -> String? {
            header.firstIndex(of: name).map { record.fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let id = field("id").flatMap({ WeddingID($0) }) else {
            throw ImportProblem(place, "id", WeddingJSON.idRule)
        }
        let index = reading.drafts.firstIndex { $0.id == id } ?? reading.drafts.count
        if index == reading.drafts.count { reading.drafts.append(WeddingDraft(place: place, id: id)) }
        var draft = reading.drafts[index]
        for (name, path) in [("title", \WeddingDraft.title), ("date", \.date), ("zone", \.zone)] {
            guard let value = field(name) else { continue }
            guard draft[keyPath: path] == nil || draft[keyPath: path] == value else {
                throw ImportProblem(place, name, "differs from the line above of the same wedding")
            }
            draft[keyPath: path] = value
        }
        if let vendors = field("vendors") { draft.vendors = try assignments(vendors, place) }
        if let item = try item(field, place) { draft.timeline = (draft.timeline ?? []) + [item] }
        reading.drafts[index] = draft
    }

    private static func assignments(
        _ text: String,
        _ place: String
    ) throws(ImportProblem) -> [VendorAssignment] {
        var assignments: [VendorAssignment] = []
        for pair in text.split(separator: ";") {
            let parts = pair.split(separator: "=").map(String.init)
            guard parts.count == 2, let role = ResourceName(parts[0]), let vendor = ResourceName(parts[1])
            else {
                throw ImportProblem(place, "vendors", "write photographer=anna;venue=old-mill")
            }
            assignments.append(VendorAssignment(vendor: vendor, role: role))
        }
        return assignments
    }

    private static func item(
        _ field: (String) -> String?,
        _ place: String
    ) throws(ImportProblem) -> TimelineDraft? {
        guard let starts = field("item_starts_at") else {
            guard field("item_id") == nil, field("item_name") == nil else {
                throw ImportProblem(place, "item_starts_at", "is missing")
            }
            return nil
        }
        guard let id = field("item_id").flatMap({ TimelineItemID($0) }) else {
            throw ImportProblem(place, "item_id", WeddingJSON.idRule)
        }
        guard let startsAt = TimeText(starts) else {
            throw ImportProblem(place, "item_starts_at", WeddingJSON.timeRule)
        }
        let ends = field("item_ends_at")
        let endsAt = ends.flatMap { TimeText($0) }
        guard (ends == nil) == (endsAt == nil) else {
            throw ImportProblem(place, "item_ends_at", WeddingJSON.timeRule)
        }
        let vendor = field("item_vendor")
        let name = vendor.flatMap { ResourceName($0) }
        guard (vendor == nil) == (name == nil) else {
            throw ImportProblem(place, "item_vendor", "is no name of a-z, 0-9 and -")
        }
        return TimelineDraft(
            place: place,
            id: id,
            name: field("item_name") ?? id.text,
            startsAt: startsAt,
            endsAt: endsAt,
            vendor: name
        )
    }
}

/// The records of a text of comma-separated values.
enum CSVRecords {
    /// One record.
    struct Record {
        /// The line it begins at, from 1.
        let line: Int
        var fields: [String]
    }

    /// Reads RFC 4180: quotes around fields with commas, quotes or line breaks, a quote doubled within; lines end with
    /// CRLF or LF, empty ones are passed over, and a byte-order mark too.
    static func read(_ bytes: [UInt8]) throws(ImportProblem) -> [Record] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ImportProblem("the file", "encoding", "is not UTF-8")
        }
        let bytes = Array(text.utf8)
        var records: [Record] = []
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 1
        while position < bytes.count {
            var record = Record(line: line, fields: [])
            var isOpen = true
            while isOpen {
                let field = try readField(bytes, &position, &line, record.line)
                record.fields.append(String(decoding: field, as: UTF8.self))
                isOpen = position < bytes.count && bytes[position] == UInt8(ascii: ",")
                if isOpen { position += 1 }
            }
            if position < bytes.count, bytes[position] == 0x0D { position += 1 }
            if position < bytes.count {
                guard bytes[position] == 0x0A else {
                    throw ImportProblem("line \(line)", "line", "has text after a closing quote")
                }
                position += 1
                line += 1
            }
            if record.fields != [""] { records.append(record) }
        }
        return records
    }

    private static func readField(
        _ bytes: [UInt8],
        _ position: inout Int,
        _ line: inout Int,
        _ first: Int
    ) throws(ImportProblem) -> [UInt8] {
        var field: [UInt8] = []
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            while position < bytes.count, ![0x2C, 0x0A, 0x0D].contains(bytes[position]) {
                field.append(bytes[position])
                position += 1
            }
            return field
        }
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return field }
                position += 1
            }
            if byte == 0x0A { line += 1 }
            field.append(byte)
        }
        throw ImportProblem("line \(first)", "line", "has a quote that is never closed")
    }
}
