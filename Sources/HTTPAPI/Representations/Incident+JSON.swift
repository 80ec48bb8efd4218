import Domain
import Health
import Providers
import Resilience

extension Incident {
    /// The incident as the API shows it.
    func json(withEntries: Bool) -> JSONValue {
        var members: [JSONMember] = [
            JSONMember("id", .string("\(id)")),
            JSONMember("about", .string(subject.kind)),
            JSONMember("name", .string(subject.name)),
            JSONMember("vendor", .text(vendor?.text)),
            JSONMember("state", .string(state.rawValue)),
            JSONMember("worst", .string(worst.rawValue)),
            JSONMember("level", .string(level.rawValue)),
            JSONMember("opened_at", .instant(openedAt)),
            JSONMember("closed_at", .instant(closedAt)),
            JSONMember("summary", .string(summary)),
            JSONMember("impacts", .array(impacts.map(\.json))),
        ]
        if withEntries {
            let entries = entries.map { entry -> JSONValue in
                [
                    "at": .instant(entry.at), "kind": .string(entry.kind.rawValue),
                    "text": .string(entry.text),
                ]
            }
            members.append(JSONMember("entries", .array(entries)))
        }
        return .object(members)
    }
}

extension WeddingImpact {
    /// The impact as the API shows it.
    fileprivate var json: JSONValue {
        [
            "wedding": .string(wedding.text),
            "title": .string(title),
            "phase": .string(phase.name),
            "capability": .text(capability?.description),
            "fallback": .text(fallback?.text),
            "next_item": .text(nextItem?.name),
            "next_at": .instant(nextItem?.startsAt),
            "level": .string(level.rawValue),
            "reason": .string(reason),
        ]
    }
}
