import Domain
import Foundation

/// One meeting at Zoom.
struct ZoomVendorMeeting: Sendable {
    let id: Int64
    let uuid: String
    let host: String
    let password: String
    let created: Instant
    var isDeleted = false
    private(set) var topic = "Zoom Meeting"
    private(set) var type: Int64 = 2
    private(set) var start: Instant?
    private(set) var zone = "UTC"
    private(set) var minutes: Int64 = 60
    private(set) var agenda = ""

    /// Zoom's limits.
    static let topicCharactersMax = 200
    static let agendaCharactersMax = 2_000

    init(id: Int64, uuid: String, host: String, password: String, created: Instant) {
        self.id = id
        self.uuid = uuid
        self.host = host
        self.password = password
        self.created = created
    }

    /// The id as text.
    var key: String { "\(id)" }

    /// The call's tag, the first line of the agenda: `usher:call_…`.
    var tag: String? {
        let line = agenda.utf8.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let prefix = Array("usher:".utf8)
        guard line.starts(with: prefix) else { return nil }
        return String(decoding: line.dropFirst(prefix.count), as: UTF8.self)
    }

    /// Takes the members of a request over; the refusal when one cannot be taken.
    mutating func change(_ json: JSONValue) -> VendorAnswer? {
        var faults: [(field: String, message: String)] = []
        if let value = json["topic"] {
            if let text = value.string, text.count <= Self.topicCharactersMax {
                topic = text
            } else {
                faults.append(("topic", "The topic's length must be between 0 and 200."))
            }
        }
        if let value = json["agenda"] {
            if let text = value.string, text.count <= Self.agendaCharactersMax {
                agenda = text
            } else {
                faults.append(("agenda", "The agenda's length must be between 0 and 2000."))
            }
        }
        if let value = json["type"] {
            if let number = value.int64, [1, 2, 3, 8].contains(number) {
                type = number
            } else {
                faults.append(("type", "Invalid field."))
            }
        }
        if let value = json["duration"] {
            if let number = value.int64, (1...1_440).contains(number) {
                minutes = number
            } else {
                faults.append(("duration", "Invalid field."))
            }
        }
        faults += changeTime(json)
        guard faults.isEmpty else {
            return ZoomVendor.error(400, 300, "Validation Failed.", errors: faults)
        }
        return nil
    }

    /// A time with `Z` is UTC, one without is of `timezone`.
    private mutating func changeTime(_ json: JSONValue) -> [(field: String, message: String)] {
        if let value = json["timezone"] {
            guard let name = value.string, TimeZone(identifier: name) != nil else {
                return [("timezone", "Invalid field.")]
            }
            zone = name
        }
        guard let value = json["start_time"] else { return [] }
        guard let text = value.string else { return [("start_time", "Invalid field.")] }
        if text.hasSuffix("Z"), let instant = Instant(text) {
            start = instant
            return []
        }
        guard let local = LocalTime(text), let rules = TimeZone(identifier: zone) else {
            return [("start_time", "Invalid field.")]
        }
        let offset = { @Sendable (instant: Instant) -> Int in
            rules.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.seconds)))
        }
        start = ZoneRules(name: zone, offset: offset).instant(local)
        return []
    }

    /// The meeting as the API tells it.
    /// - Parameter agendaCharacters: how much of the agenda is told; nil is all of it.
    func json(agendaCharacters: Int? = nil) -> JSONValue {
        let isListed = agendaCharacters != nil
        let told = agendaCharacters.map { String(agenda.prefix($0)) } ?? agenda
        var members = [
            JSONMember("uuid", .string(uuid)), JSONMember("id", .integer(id)),
            JSONMember("host_id", .string(host)),
            JSONMember("host_email", .string(host)), JSONMember("topic", .string(topic)),
            JSONMember("type", .integer(type)),
            JSONMember("start_time", start.map { .string("\($0)") } ?? .null),
            JSONMember("duration", .integer(minutes)), JSONMember("timezone", .string(zone)),
            JSONMember("agenda", .string(told)),
            JSONMember("created_at", .string("\(Instant(seconds: created.seconds))")),
            JSONMember("join_url", .string("https://us05web.zoom.us/j/\(id)?pwd=\(password)")),
        ]
        if !isListed {
            members += [
                JSONMember("status", "waiting"), JSONMember("password", .string(password)),
                JSONMember("start_url", .string("https://us05web.zoom.us/s/\(id)?zak=sandbox")),
                JSONMember("settings", ["host_video": false, "waiting_room": true]),
            ]
        }
        return .object(members)
    }

    /// The meeting as events tell it.
    var object: JSONValue {
        [
            "uuid": .string(uuid), "id": .integer(id), "host_id": .string(host), "topic": .string(topic),
            "type": .integer(type), "start_time": start.map { .string("\($0)") } ?? .null,
            "duration": .integer(minutes), "timezone": .string(zone),
        ]
    }
}

/// The creations and changes of each user within a UTC day.
struct ZoomVendorChanges: Sendable {
    private var day = 0
    private var counts: [String: Int] = [:]

    /// Counts one; false when the user has had `most` of the day already.
    mutating func take(_ user: String, now: Instant, most: Int) -> Bool {
        if now.dayNumber != day {
            day = now.dayNumber
            counts = [:]
        }
        guard counts[user, default: 0] < most else { return false }
        counts[user, default: 0] += 1
        return true
    }
}
