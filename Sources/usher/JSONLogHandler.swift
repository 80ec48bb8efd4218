import Domain
import Foundation
import Gateway
import Logging

/// Writes each log entry as one JSON object on a line of standard error.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        var members = [
            JSONMember("at", "\(Time.system.now())"),
            JSONMember("level", .string(event.level.rawValue)),
            JSONMember("message", .string(event.message.description)),
        ]
        if let error = event.error { members.append(JSONMember("error", "\(error)")) }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            members.append(JSONMember(key, .string(value.description)))
        }
        Terminal.note(String(decoding: JSONValue.object(members).serialized(), as: UTF8.self))
    }
}
