package import Access
package import Domain
package import HTTPAPI
package import Logging

/// The pages of the dashboard, from a request to HTML.
///
/// Each page is made of operations of the API, in the name of the key that signed in: what a key may not do there,
/// it may not do here.
package struct DashboardSite: Sendable {
    /// What the pages need from the rest of the process.
    package struct Ports: Sendable {
        /// Checks keys.
        package let keys: APIKeys
        /// Who is signed in.
        package let sessions: Sessions
        /// Answers an operation of the API in somebody's name.
        package let api: @Sendable (APIRequest, AccessScope) async -> APIResponse
        /// What is known of the zones of weddings.
        package let zones: ZoneDirectory
        /// The proxies in front of the server.
        package let proxies: TrustedProxies
        /// The clock.
        package let time: Time
        /// The log.
        package let logger: Logger

        /// Collects the ports.
        package init(
            keys: APIKeys,
            sessions: Sessions,
            api: @escaping @Sendable (APIRequest, AccessScope) async -> APIResponse,
            zones: ZoneDirectory,
            proxies: TrustedProxies,
            time: Time,
            logger: Logger
        ) {
            self.keys = keys
            self.sessions = sessions
            self.api = api
            self.zones = zones
            self.proxies = proxies
            self.time = time
            self.logger = logger
        }
    }

    let ports: Ports
    /// What integrations did in the last minutes.
    package let figures: FigureHistory

    /// Makes the pages; nothing is read yet.
    package init(_ ports: Ports) {
        self.ports = ports
        figures = FigureHistory(ports)
    }

    /// The pages as the server takes them.
    package var site: PageSite {
        PageSite(serves: Self.serves, respond: { await respond(to: $0) })
    }

    /// Whether a path is one of the dashboard's.
    package static func serves(_ path: String) -> Bool {
        let first = path.dropFirst().prefix { $0 != "/" }
        return Section(rawValue: String(first)) != nil || path == BrowserScript.workerPath
            || ["sign-in", "sign-out", "theme", "assets"].contains(first)
    }

    private func respond(to request: APIRequest) async -> APIResponse {
        var response: APIResponse
        if let asset = Assets.standard.response(request.path) {
            response = asset
        } else {
            response = await html(request)
        }
        SecurityHeaders.add(to: &response)
        return response
    }

    private func html(_ request: APIRequest) async -> APIResponse {
        switch request.path {
        case "/sign-in": return await SignIn(site: self, request: request).respond()
        case "/theme": return ThemeSwitch.respond(to: request)
        default: break
        }
        let isSecure = ports.proxies.isSecure(request)
        guard let token = SessionCookie.token(in: request, isSecure: isSecure) else {
            return SignIn.turnAway(request)
        }
        let session: Sessions.Session
        do throws(AccessError) {
            session = try await ports.sessions.use(token)
        } catch .unauthenticated {
            return SignIn.turnAway(request)
        } catch {
            return SignIn.unavailable(request)
        }
        if request.path == "/sign-out" {
            return await SignIn(site: self, request: request).signOut(token, session)
        }
        return await signedIn(request, session)
    }

    private func signedIn(_ request: APIRequest, _ session: Sessions.Session) async -> APIResponse {
        let parts = request.path.split(separator: "/").compactMap {
            PercentEncoding.decode($0.utf8)
        }
        guard let section = Section(rawValue: parts.first ?? ""), parts.count <= PageRequest.partsMax else {
            return Problem.notFound.response(for: request.id)
        }
        let backend = Backend(respond: ports.api, scope: session.scope, request: request)
        var page = PageRequest(
            request: request,
            session: session,
            parts: parts,
            form: Query(),
            backend: backend
        )
        let made: Page
        do {
            switch request.method {
            case .get, .head:
                made = try await show(section, page)
            case .post:
                page = try page.withForm()
                made = try await act(section, page)
            default:
                return Problem.notFound.response(for: request.id)
            }
        } catch let redirect as Redirect {
            return Self.redirect(redirect.path)
        } catch {
            made = Self.failure(section, error, page, ports.logger)
        }
        return finish(made, page)
    }

    /// Does what a form asks for; when it is refused, shows the page of the form with the reason above it.
    private func act(_ section: Section, _ page: PageRequest) async throws -> Page {
        do {
            return try await perform(section, page)
        } catch let refusal as Backend.Refusal {
            let form = PageRequest(
                request: page.request,
                session: page.session,
                parts: Array(page.parts.dropLast()),
                form: page.form,
                backend: page.backend
            )
            var again = try await show(section, form)
            again.notice = Notice(refusal)
            again.status = refusal.status
            return again
        }
    }

    private func show(_ section: Section, _ page: PageRequest) async throws -> Page {
        let book = try await book(page)
        return switch section {
        case .today: try await TodayPage(page, book).show()
        case .integrations: try await IntegrationPages(page, book, figures).show()
        case .events: try await EventPages(page, book).show()
        case .calls: try await CallPages(page, book).show()
        case .deadLetters: try await DeadLetterPage(page, book).show()
        case .incidents: try await IncidentPages(page, book).show()
        case .settings: try await SettingsPage(page, book).show()
        }
    }

    private func perform(_ section: Section, _ page: PageRequest) async throws -> Page {
        let book = try await book(page)
        return switch section {
        case .today: throw PageError.missing
        case .integrations: try await IntegrationPages(page, book, figures).perform()
        case .events: try await EventPages(page, book).perform()
        case .calls: try await CallPages(page, book).perform()
        case .deadLetters: try await DeadLetterPage(page, book).perform()
        case .incidents: try await IncidentPages(page, book).perform()
        case .settings: try await SettingsPage(page, book).perform()
        }
    }

    private func book(_ page: PageRequest) async throws -> WeddingBook {
        let weddings = try await page.backend.find("/api/weddings")?.items ?? []
        return WeddingBook(weddings, zones: ports.zones, now: ports.time.now())
    }

    private func finish(_ made: Page, _ page: PageRequest) -> APIResponse {
        guard !page.isFragment else { return Self.html(made.content, status: made.status) }
        var made = made
        made.notice = made.notice ?? Notice(page)
        let layout = Layout(made, for: page, theme: ThemeSwitch.theme(of: page.request))
        return Self.html(Templates.standard.render(.layout, layout), status: made.status)
    }

    private static func failure(
        _ section: Section,
        _ error: any Error,
        _ page: PageRequest,
        _ logger: Logger
    ) -> Page {
        let view: ProblemView
        switch error {
        case PageError.missing:
            view = ProblemView(404, "There is nothing here.", "It may be gone, or the address is misspelt.")
        case PageError.forged:
            view = ProblemView(
                403,
                "This did not come from a page of yours.",
                "Go back, load the page anew, and try again."
            )
        case let refusal as Backend.Refusal:
            view = ProblemView(refusal.status, refusal.title, refusal.detail)
        case let error as AccessError:
            view = ProblemView(503, "The store does not answer.", error.code)
        default:
            logger.error(
                "a page failed for an unknown reason",
                metadata: ["request": "\(page.request.id)", "error": "\(error)"]
            )
            view = ProblemView(
                500,
                "Something broke on our side.",
                "The log has the cause under the id \(page.request.id)."
            )
        }
        let content = Templates.standard.render(.problem, view)
        return Page(section, title: view.title, content: content, status: view.status)
    }

    static func html(_ text: String, status: Int = 200) -> APIResponse {
        APIResponse(status: status, contentType: "text/html; charset=utf-8", body: Array(text.utf8))
    }

    static func redirect(_ path: String) -> APIResponse {
        APIResponse(status: 303, headers: Headers([("location", path)]))
    }
}

/// What can be wrong with a request for a page.
enum PageError: Error {
    /// There is no such page.
    case missing
    /// A form that no page of ours has sent.
    case forged
}

/// What went wrong, as a page says it.
struct ProblemView: Sendable {
    let status: Int
    let title: String
    let detail: String?

    init(_ status: Int, _ title: String, _ detail: String?) {
        self.status = status
        self.title = title
        self.detail = detail
    }
}
