/// The parts of the dashboard, in the order of its menu.
enum Section: String, CaseIterable, Sendable {
    case today = ""
    case integrations
    case events
    case calls
    case deadLetters = "dead-letters"
    case incidents
    case settings

    var path: String { "/" + rawValue }

    var label: String {
        switch self {
        case .today: "Today"
        case .integrations: "Integrations"
        case .events: "Events"
        case .calls: "Calls"
        case .deadLetters: "Dead letters"
        case .incidents: "Incidents"
        case .settings: "Settings"
        }
    }
}
