import Domain
import Registry

extension ReplayRequest.Subject {
    /// The form it is stored in.
    var json: JSONValue {
        switch self {
        case .events(let filter, let destination):
            .object([JSONMember("kind", .string("events"))] + Self.members(filter) + Self.member(destination))
        case .event(let id, let destination):
            .object(
                [JSONMember("kind", .string("event")), JSONMember("event", .string(id.description))]
                    + Self.member(destination)
            )
        case .deadLetters(let filter):
            .object(
                [JSONMember("kind", .string("dead_letters"))] + Self.member(filter.destinationID)
                    + Self.visible(filter.visibleSources)
            )
        case .deadLetter(let id):
            .object([
                JSONMember("kind", .string("dead_letter")), JSONMember("delivery", .string(id.description)),
            ])
        }
    }

    /// Reads the stored form; nil when it is none.
    init?(json: JSONValue) {
        let destination = json["destination_id"]?.int64
        switch json["kind"]?.string {
        case "events":
            self = .events(Self.filter(json), destinationID: destination)
        case "event":
            guard let id = json["event"]?.string.flatMap(EventID.init) else { return nil }
            self = .event(id, destinationID: destination)
        case "dead_letters":
            self = .deadLetters(
                DeliveryFilter(destinationID: destination, state: .dead, visibleSources: Self.visible(json))
            )
        case "dead_letter":
            guard let id = json["delivery"]?.string.flatMap(DeliveryID.init) else { return nil }
            self = .deadLetter(id)
        default:
            return nil
        }
    }

    /// What is replayed, in words.
    var summary: String {
        switch self {
        case .events(let filter, _):
            "events" + (filter.type.map { " of type \($0)" } ?? "")
                + (filter.since.map { " since \($0)" } ?? "") + (filter.until.map { " until \($0)" } ?? "")
        case .event(let id, _): "event \(id)"
        case .deadLetters: "dead letters"
        case .deadLetter(let id): "dead letter \(id)"
        }
    }

    private static func member(_ destination: Int64?) -> [JSONMember] {
        destination.map { [JSONMember("destination_id", .number("\($0)"))] } ?? []
    }

    private static func visible(_ sources: [Int64]?) -> [JSONMember] {
        sources.map { [JSONMember("visible_sources", .array($0.map { .number("\($0)") }))] } ?? []
    }

    private static func visible(_ json: JSONValue) -> [Int64]? {
        json["visible_sources"]?.array?.compactMap(\.int64)
    }

    private static func members(_ filter: EventFilter) -> [JSONMember] {
        var members: [JSONMember] = []
        if let id = filter.sourceID { members.append(JSONMember("source_id", .number("\(id)"))) }
        if let type = filter.type { members.append(JSONMember("type", .string(type.text))) }
        if let since = filter.since { members.append(JSONMember("since", .number("\(since.microseconds)"))) }
        if let until = filter.until { members.append(JSONMember("until", .number("\(until.microseconds)"))) }
        return members + visible(filter.visibleSources)
    }

    private static func filter(_ json: JSONValue) -> EventFilter {
        EventFilter(
            sourceID: json["source_id"]?.int64,
            visibleSources: visible(json),
            type: json["type"]?.string.flatMap(EventPattern.init),
            since: json["since"]?.int64.map(Instant.init(microseconds:)),
            until: json["until"]?.int64.map(Instant.init(microseconds:))
        )
    }
}
