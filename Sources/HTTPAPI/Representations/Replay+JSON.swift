import Domain
import Webhooks

extension ReplayStatus {
    /// The replay as the API shows it.
    var json: JSONValue {
        [
            "id": .string(id.description),
            "summary": .string(summary),
            "requested_by": .string(requestedBy),
            "created_at": .instant(createdAt),
            "finished_at": .instant(finishedAt),
            "matched": .integer(matched),
            "queued": .integer(queued),
            "progress": .fraction(progress),
            "cancelled": .bool(isCancelled),
        ]
    }
}

extension ReplayPreview {
    /// The preview as the API shows it.
    var json: JSONValue {
        ["matched": .integer(matched), "deliveries": .integer(deliveries), "dry_run": true]
    }
}
