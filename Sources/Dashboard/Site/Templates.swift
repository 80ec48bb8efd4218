import Mustache

/// The templates, by name.
enum Template: String, CaseIterable, Sendable {
    case layout, signIn, problem
    case today, integrations, integration, events, event, calls, call, deadLetters, incidents, incident
    case settings, browsers
    // Parts of several pages.
    case time, badge, token, pager, empty, gauge, spark

    /// The text, in mustache.
    var text: String {
        switch self {
        case .layout: LayoutTemplate.layout
        case .signIn: LayoutTemplate.signIn
        case .problem: LayoutTemplate.problem
        case .today: TodayTemplate.text
        case .integrations: IntegrationTemplate.list
        case .integration: IntegrationTemplate.one
        case .events: EventTemplate.list
        case .event: EventTemplate.one
        case .calls: CallTemplate.list
        case .call: CallTemplate.one
        case .deadLetters: DeadLetterTemplate.text
        case .incidents: IncidentTemplate.list
        case .incident: IncidentTemplate.one
        case .settings: SettingsTemplate.text
        case .browsers: BrowserTemplate.text
        case .time: PartTemplate.time
        case .badge: PartTemplate.badge
        case .token: PartTemplate.token
        case .pager: PartTemplate.pager
        case .empty: PartTemplate.empty
        case .gauge: PartTemplate.gauge
        case .spark: PartTemplate.spark
        }
    }
}

/// All templates, read once; whatever a view gives is escaped, but for what stands in three braces.
struct Templates: Sendable {
    static let standard = Templates()

    private let library: MustacheLibrary

    /// Traps when a template of ours does not parse.
    private init() {
        var library = MustacheLibrary()
        for template in Template.allCases {
            do {
                try library.register(template.text, named: template.rawValue)
            } catch {
                preconditionFailure("the template \(template.rawValue) does not parse: \(error)")
            }
        }
        self.library = library
    }

    func render<View: Sendable>(_ template: Template, _ view: View) -> String {
        guard let html = library.render(view, withTemplate: template.rawValue) else {
            preconditionFailure("every template is registered")
        }
        return html
    }
}
