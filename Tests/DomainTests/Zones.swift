import Domain
import Foundation

/// The zones of the operating system.
func zone(_ name: String) -> ZoneRules {
    guard let zone = TimeZone(identifier: name) else { preconditionFailure("\(name) is no zone") }
    return ZoneRules(name: name) { instant in
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.seconds)))
    }
}

func instant(_ text: String) -> Instant {
    guard let instant = Instant(text) else { preconditionFailure("\(text) is no instant") }
    return instant
}

func date(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("\(text) is no date") }
    return date
}

func resource(_ text: String) -> ResourceName {
    guard let name = ResourceName(text) else { preconditionFailure("\(text) is no name") }
    return name
}
