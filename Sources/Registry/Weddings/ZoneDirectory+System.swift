package import Domain
import Foundation

extension ZoneDirectory {
    /// The zones of the IANA database that come with this build.
    ///
    /// Only names of places (`Europe/Berlin`) and `UTC`: abbreviations (`EST`) and offsets (`GMT+3`) are no calendars.
    package static let system = ZoneDirectory { name in
        guard name != "UTC" else { return .utc }
        guard name.utf8.contains(UInt8(ascii: "/")), let zone = TimeZone(identifier: name) else { return nil }
        return ZoneRules(name: name) { instant in
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.seconds)))
        }
    }
}
