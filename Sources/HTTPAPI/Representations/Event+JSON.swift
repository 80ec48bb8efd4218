import Domain
import Registry
import Webhooks

extension StoredEvent {
    /// The event as the API shows it, without its body.
    var json: JSONValue {
        [
            "id": .string(id.description),
            "source": .string(sourceName),
            "type": .string(type),
            "priority": .string(priority.name),
            "provider_event_id": .string(String(decoding: providerEventID, as: UTF8.self)),
            "received_at": .instant(receivedAt),
            "occurred_at": .instant(occurredAt),
            "content_type": .text(contentType),
            "body_bytes": .integer(bodyBytes),
            "duplicates": .integer(duplicates),
            "last_duplicate_at": .instant(lastDuplicateAt),
            "wedding": .text(owner.wedding?.text),
            "vendor": .text(owner.vendor?.text),
        ]
    }
}

extension StoredDelivery {
    /// The delivery as the API shows it.
    var json: JSONValue {
        [
            "id": .string(id.description),
            "event": .string(eventID.description),
            "event_type": .string(eventType),
            "destination": .string(destinationName),
            "state": .string(state.name),
            "attempts": .integer(attempts),
            "priority": .string(priority.name),
            "deadline": .instant(deadline),
            "created_at": .instant(createdAt),
            "finished_at": .instant(finishedAt),
            "due_at": .instant(dueAt),
            "error": .text(error),
            "replay": .text(replayID?.description),
        ]
    }

    /// The delivery with its tries.
    func json(tries: [AttemptRecord]) -> JSONValue {
        .object((json.object ?? []) + [JSONMember("tries", .array(tries.map(\.json)))])
    }
}

extension AttemptRecord {
    /// The try as the API shows it.
    var json: JSONValue {
        [
            "started_at": .instant(startedAt),
            "duration_ms": .integer(duration.microseconds / 1_000),
            "standby": .bool(isStandby),
            "status": status.map { .integer($0) } ?? .null,
            "error": .text(error),
        ]
    }
}

extension Explanation {
    /// The story as the API shows it.
    var json: JSONValue {
        let lines = lines.map { line -> JSONValue in ["at": .instant(line.at), "text": .string(line.text)] }
        return ["event": event.json, "lines": .array(lines)]
    }
}
