import Domain
import Providers

/// How impacts are kept beside their incident.
extension [WeddingImpact] {
    /// The most that are kept of one incident.
    static var countMax: Int { 200 }

    /// As text.
    var stored: String {
        String(decoding: JSONValue.array(prefix(Self.countMax).map(\.stored)).serialized(), as: UTF8.self)
    }

    /// Reads the text; nil when it is none of these.
    init?(stored text: String) {
        guard let elements = try? JSONParser.parse([UInt8](text.utf8)).array else { return nil }
        var impacts: [WeddingImpact] = []
        for element in elements {
            guard let impact = WeddingImpact(stored: element) else { return nil }
            impacts.append(impact)
        }
        self = impacts
    }
}

extension WeddingImpact {
    fileprivate var stored: JSONValue {
        [
            "wedding": .string(wedding.text),
            "title": .string(title),
            "phase": .string(phase.name),
            "capability": capability.map { .string($0.rawValue) } ?? .null,
            "fallback": fallback.map { .string($0.text) } ?? .null,
            "next": nextItem.map(\.stored) ?? .null,
            "until_next": untilNext.map { .number("\($0.microseconds)") } ?? .null,
            "level": .string(level.rawValue),
            "reason": .string(reason),
        ]
    }

    fileprivate init?(stored json: JSONValue) {
        guard let wedding = json["wedding"]?.string.flatMap({ WeddingID($0) }),
            let title = json["title"]?.string,
            let phase = json["phase"]?.string.flatMap({ Phase(name: $0) }),
            let level = json["level"]?.string.flatMap({ ImpactLevel(rawValue: $0) }),
            let reason = json["reason"]?.string
        else { return nil }
        self.init(
            wedding: wedding,
            title: title,
            phase: phase,
            capability: json["capability"]?.string.flatMap { Capability(rawValue: $0) },
            fallback: json["fallback"]?.string.flatMap { ResourceName($0) },
            nextItem: json["next"].flatMap { TimelineItem(stored: $0) },
            untilNext: json["until_next"]?.int64.map { .microseconds($0) },
            level: level,
            reason: reason
        )
    }
}

extension TimelineItem {
    fileprivate var stored: JSONValue {
        [
            "id": .string(id.text),
            "name": .string(name),
            "starts_at": .number("\(startsAt.microseconds)"),
            "ends_at": endsAt.map { .number("\($0.microseconds)") } ?? .null,
            "vendor": vendor.map { .string($0.text) } ?? .null,
        ]
    }

    fileprivate init?(stored json: JSONValue) {
        guard let id = json["id"]?.string.flatMap({ TimelineItemID($0) }), let name = json["name"]?.string,
            let startsAt = json["starts_at"]?.int64
        else { return nil }
        try? self.init(
            id: id,
            name: name,
            startsAt: Instant(microseconds: startsAt),
            endsAt: json["ends_at"]?.int64.map { Instant(microseconds: $0) },
            vendor: json["vendor"]?.string.flatMap { ResourceName($0) }
        )
    }
}
