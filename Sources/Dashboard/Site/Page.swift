import Access
import HTTPAPI

/// One page, before it is put into the layout.
struct Page: Sendable {
    let section: Section
    let title: String
    /// What stands between the header and the footer, as HTML.
    let content: String
    /// One sentence on how things are: told to screen readers when it changes.
    var sentence = ""
    var status = 200
    var notice: Notice?

    /// Renders a view with a template.
    init<View: Sendable>(
        _ section: Section,
        title: String,
        _ template: Template,
        _ view: View,
        for page: PageRequest,
        sentence: String = ""
    ) {
        self.section = section
        self.title = title
        self.sentence = sentence
        content = Templates.standard.render(template, Frame(page: view, request: page))
    }

    /// Finished HTML.
    init(_ section: Section, title: String, content: String, status: Int = 200) {
        self.section = section
        self.title = title
        self.content = content
        self.status = status
    }
}

/// What every template can see around its own view.
struct Frame<View: Sendable>: Sendable {
    let page: View
    let formToken: String
    let mayWrite: Bool
    let mayAdminister: Bool
    let isPlatform: Bool

    init(page: View, request: PageRequest) {
        self.page = page
        formToken = request.session.formToken
        mayWrite = request.mayWrite
        mayAdminister = request.mayAdminister
        isPlatform = request.isPlatform
    }
}

/// What the layout shows around a page.
struct Layout: Sendable {
    struct Link: Sendable {
        let path: String
        let label: String
        let isCurrent: Bool
        let icon: String
    }

    struct Choice: Sendable {
        let value: String
        let label: String
        let isCurrent: Bool
    }

    let title: String
    let theme: String
    let links: [Link]
    let themes: [Choice]
    let back: String
    let content: String
    let notice: Notice?
    let sentence: String
    let who: String
    let signOutToken: String
    let stylesheet = Assets.standard.stylesheetPath
    let script = Assets.standard.scriptPath
    let icon = Assets.standard.iconPath

    init(_ page: Page, for request: PageRequest, theme: Theme) {
        title = page.title
        self.theme = theme.rawValue
        links = Section.allCases.map {
            Link(path: $0.path, label: $0.label, isCurrent: $0 == page.section, icon: SectionIcon.path($0))
        }
        themes = Theme.allCases.map {
            Choice(value: $0.rawValue, label: $0.label, isCurrent: $0 == theme)
        }
        back = request.request.method == .get ? request.request.path : page.section.path
        content = page.content
        notice = page.notice
        sentence = page.sentence
        who =
            request.scope.principal.description == "platform"
            ? "the platform" : request.scope.principal.description
        signOutToken = request.session.formToken
    }
}

/// Light or dark, or as the system has it.
enum Theme: String, CaseIterable, Sendable {
    case auto, light, dark

    var label: String { Words.capitalised(rawValue) }
}
