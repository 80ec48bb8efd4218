import Domain
import Providers

/// A calendar object as iCloud keeps it.
struct AppleVendorObject: Sendable {
    let name: String
    let uid: String
    let created: Instant
    var body: [UInt8]
    /// The place of its last change in the count of all changes.
    var change: Int
    var isDeleted = false

    var etag: String { "\"c\(change)\"" }
    var href: String { AppleCalendarVendor.calendar + name }
}

extension AppleCalendarVendor {
    mutating func put(_ request: VendorRequest, now: Instant) -> VendorAnswer {
        guard let name = Self.name(request.path) else { return VendorAnswer(status: 409) }
        guard request.headers.first("content-type")?.hasPrefix("text/calendar") == true else {
            return Self.fault(403, "<supported-calendar-data xmlns=\"urn:ietf:params:xml:ns:caldav\"/>")
        }
        guard let object = AppleVendorText(request.body) else {
            return Self.fault(403, "<valid-calendar-data xmlns=\"urn:ietf:params:xml:ns:caldav\"/>")
        }
        let old = objects[name].flatMap { $0.isDeleted ? nil : $0 }
        if request.headers.first("if-none-match") == "*", old != nil { return VendorAnswer(status: 412) }
        if let condition = request.headers.first("if-match"),
            old.map({ sameText($0.etag, condition) }) != true
        {
            return VendorAnswer(status: 412)
        }
        let hasTwin = objects.inOrder.contains {
            !$0.isDeleted && $0.name != name && sameText($0.uid, object.uid)
        }
        if hasTwin || old.map({ !sameText($0.uid, object.uid) }) == true {
            return Self.fault(409, "<no-uid-conflict xmlns=\"urn:ietf:params:xml:ns:caldav\"/>")
        }
        changes += 1
        objects[name] = AppleVendorObject(
            name: name,
            uid: object.uid,
            created: old?.created ?? now,
            body: object.stored,
            change: changes
        )
        book.append(
            LedgerEntry(kind: "event", id: name, of: old == nil ? nil : name, tag: object.tag, at: now)
        )
        return VendorAnswer(status: old == nil ? 201 : 204)
    }

    func get(_ request: VendorRequest, now: Instant) -> VendorAnswer {
        guard let name = Self.name(request.path), let object = objects[name], !object.isDeleted,
            now - object.created >= conditions.lookUpDelay
        else { return VendorAnswer(status: 404) }
        let headers = Headers([("content-type", "text/calendar; charset=UTF-8"), ("etag", object.etag)])
        return VendorAnswer(status: 200, headers: headers, body: object.body)
    }

    mutating func delete(_ request: VendorRequest, now: Instant) -> VendorAnswer {
        guard let name = Self.name(request.path), var object = objects[name], !object.isDeleted else {
            return VendorAnswer(status: 404)
        }
        if let condition = request.headers.first("if-match"), !sameText(condition, object.etag) {
            return VendorAnswer(status: 412)
        }
        changes += 1
        object.change = changes
        object.isDeleted = true
        objects[name] = object
        book.append(LedgerEntry(kind: "deletion", id: name, of: name, tag: nil, at: now))
        return VendorAnswer(status: 204)
    }

    /// The two reports that calendars are synchronised with.
    func report(_ request: VendorRequest, now: Instant) -> VendorAnswer {
        guard sameText(request.path, Self.calendar), let body = XMLReader.read(request.body) else {
            return VendorAnswer(status: 400)
        }
        switch (body.namespace, body.name) {
        case ("DAV:", "sync-collection"):
            return changed(since: body.first("DAV:", "sync-token")?.trimmed ?? "", now: now)
        case ("urn:ietf:params:xml:ns:caldav", "calendar-multiget"):
            return Self.multistatus(body.all("DAV:", "href").map { content($0.trimmed, now: now) })
        default: return Self.fault(403, "<supported-report xmlns=\"DAV:\"/>")
        }
    }

    private func changed(since token: String, now: Instant) -> VendorAnswer {
        let prefix = "https://caldav.icloud.com/sync/\(syncRound)/"
        let place = token.isEmpty ? 0 : token.hasPrefix(prefix) ? Int(token.dropFirst(prefix.count)) : nil
        guard let place else { return Self.fault(403, "<valid-sync-token xmlns=\"DAV:\"/>") }
        let found = objects.inOrder.filter { object in
            object.change > place && !(token.isEmpty && object.isDeleted)
                && now - object.created >= conditions.lookUpDelay
        }
        let responses = found.map { object in
            object.isDeleted
                ? Self.missing(object.href)
                : Self.found(
                    object.href,
                    "<getetag xmlns=\"DAV:\">\(XMLReader.escaped(object.etag))</getetag>"
                )
        }
        return Self.multistatus(responses, token: prefix + "\(changes)")
    }

    private func content(_ href: String, now: Instant) -> String {
        guard let name = Self.name(href), let object = objects[name], !object.isDeleted else {
            return Self.missing(href)
        }
        let text = XMLReader.escaped(String(decoding: object.body, as: UTF8.self))
        return Self.found(
            href,
            "<getetag>\(XMLReader.escaped(object.etag))</getetag>"
                + "<calendar-data xmlns=\"urn:ietf:params:xml:ns:caldav\">\(text)</calendar-data>"
        )
    }
}

/// A calendar object as the server checks it: read apart from what clients read with.
private struct AppleVendorText {
    let uid: String
    let tag: String?
    /// The text with a line of the server's own.
    let stored: [UInt8]

    /// Reads an object; nil unless its lines end in CRLF and are at most 75 octets, and it has one UID and what RFC 5545
    /// requires.
    init?(_ body: [UInt8]) {
        guard String(validating: body, as: UTF8.self) != nil else { return nil }
        let folded = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard folded.last?.isEmpty == true,
            folded.dropLast().allSatisfy({ $0.last == 0x0D && $0.count <= 76 })
        else {
            return nil
        }
        var lines: [String] = []
        for piece in folded.dropLast().map({ $0.dropLast() }) {
            guard piece.first == 0x20 else {
                guard let line = String(validating: piece, as: UTF8.self) else { return nil }
                lines.append(line)
                continue
            }
            guard !lines.isEmpty, let rest = String(validating: piece.dropFirst(), as: UTF8.self) else {
                return nil
            }
            lines[lines.count - 1] += rest
        }
        let value = { (name: String) in
            lines.first { $0.hasPrefix("\(name):") }.map { String($0.dropFirst(name.count + 1)) }
        }
        let uids = Set(lines.filter { $0.hasPrefix("UID:") })
        guard lines.first == "BEGIN:VCALENDAR", lines.last == "END:VCALENDAR", value("VERSION") == "2.0",
            value("PRODID") != nil, value("DTSTAMP") != nil,
            lines.contains(where: { $0.hasPrefix("DTSTART") }),
            lines.contains("BEGIN:VEVENT"), uids.count == 1, let uid = value("UID")
        else { return nil }
        self.uid = uid
        tag = value("X-USHER-CALL")
        let end = Array("END:VCALENDAR\r\n".utf8)
        let own = lines.contains("X-APPLE-STORED:1") ? [] : Array("X-APPLE-STORED:1\r\n".utf8)
        stored = body.dropLast(end.count) + own + end
    }
}
