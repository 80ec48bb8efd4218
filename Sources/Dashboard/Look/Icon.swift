/// The icon: two rings, one holding the other.
enum Icon {
    static let text = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="16" fill="#17594a"/><circle cx="25" cy="36" r="13" fill="none" stroke="#f3d9a4" stroke-width="5"/><circle cx="40" cy="29" r="13" fill="none" stroke="#ffffff" stroke-width="5"/></svg>
        """
}

/// The signs of the menu, as paths on 24 by 24.
enum SectionIcon {
    static func path(_ section: Section) -> String {
        switch section {
        case .today: "M4 7h16v13H4zM4 11h16M8 4v5M16 4v5"
        case .integrations:
            "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1"
        case .events: "M4 6h16v12H4zM4 7l8 6 8-6"
        case .calls: "M5 12h13M13 7l5 5-5 5M5 6v12"
        case .deadLetters: "M5 8h14v11H5zM9 8V5h6v3M10 12l4 4M14 12l-4 4"
        case .incidents: "M12 4 3 20h18zM12 10v5M12 17v1"
        case .settings: "M5 7h14M5 12h14M5 17h14M9 5v4M15 10v4M8 15v4"
        }
    }
}
