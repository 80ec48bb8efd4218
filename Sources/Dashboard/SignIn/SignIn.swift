import Access
import Domain
import HTTPAPI

/// The page that takes an API key and begins a session, and the way out.
struct SignIn: Sendable {
    let site: DashboardSite
    let request: APIRequest

    private struct View: Sendable {
        let theme: String
        let next: String
        let problem: String?
        let done: String?
        let stylesheet = Assets.standard.stylesheetPath
        let icon = Assets.standard.iconPath
    }

    func respond() async -> APIResponse {
        switch request.method {
        case .get, .head: page()
        case .post: await signIn()
        default: Problem.notFound.response(for: request.id)
        }
    }

    private func signIn() async -> APIResponse {
        guard request.isSameOrigin, let form = try? FormReading.form(request) else {
            return page(problem: "That did not come from this page. Try again.", status: 403)
        }
        let next = Self.localPath(form["next"])
        let key = (form["key"] ?? "").split(separator: " ").joined()
        do throws(AccessError) {
            let scope = try await site.ports.keys.authenticate(
                authorization: "Bearer \(key)",
                client: site.ports.proxies.network(of: request)
            )
            let token = try await site.ports.sessions.begin(for: scope)
            var response = DashboardSite.redirect(next)
            response.headers.append(
                lowercaseName: "set-cookie",
                value: SessionCookie.set(
                    token,
                    isSecure: site.ports.proxies.isSecure(request),
                    seconds: site.ports.sessions.age.components.seconds
                )
            )
            return response
        } catch {
            return refused(error, next: next)
        }
    }

    private func refused(_ error: AccessError, next: String) -> APIResponse {
        switch error {
        case .tooManyFailures(let wait):
            let words = Spans.words(.seconds(max(1, Int(wait.inSeconds.rounded(.up)))))
            let text = "Too many keys did not fit. Try again in \(words)."
            return page(problem: text, next: next, status: 429)
        case .unavailable:
            return page(problem: "The store does not answer. Try again soon.", next: next, status: 503)
        default:
            return page(
                problem: "This key does not fit. Check that all of it is there, from ushk_ to its end.",
                next: next,
                status: 403
            )
        }
    }

    /// Ends the session; asked for by a form with the session's token.
    func signOut(_ token: SessionToken, _ session: Sessions.Session) async -> APIResponse {
        guard request.method == .post, request.isSameOrigin, let form = try? FormReading.form(request),
            let given = form["form_token"], FormReading.areEqual(given, session.formToken)
        else { return DashboardSite.redirect("/") }
        try? await site.ports.sessions.end(token)
        var response = DashboardSite.redirect("/sign-in?done=" + Notice.Done.signedOut.rawValue)
        response.headers.append(
            lowercaseName: "set-cookie",
            value: SessionCookie.clear(isSecure: site.ports.proxies.isSecure(request))
        )
        return response
    }

    private func page(problem: String? = nil, next: String? = nil, status: Int = 200) -> APIResponse {
        let done = request.query["done"].flatMap(Notice.Done.init(rawValue:))
        let view = View(
            theme: ThemeSwitch.theme(of: request).rawValue,
            next: next ?? Self.localPath(request.query["next"]),
            problem: problem,
            done: done == .signedOut ? done?.text(count: nil) : nil
        )
        return DashboardSite.html(Templates.standard.render(.signIn, view), status: status)
    }

    // MARK: Turning away

    /// Sends who is not signed in to the form; a script of a page that was is told so.
    static func turnAway(_ request: APIRequest) -> APIResponse {
        guard request.query["fragment"] == nil else {
            return DashboardSite.html("<p>You are signed out.</p>", status: 401)
        }
        guard request.method == .get, request.path != "/", request.path != "/sign-out" else {
            return DashboardSite.redirect("/sign-in")
        }
        return DashboardSite.redirect("/sign-in?next=" + QueryText.escape(request.path))
    }

    /// The store does not say who this is.
    static func unavailable(_ request: APIRequest) -> APIResponse {
        let view = ProblemView(503, "The store does not answer.", "Load the page again in a moment.")
        return DashboardSite.html(Templates.standard.render(.problem, view), status: 503)
    }

    /// A path of this site that somebody is sent to; the first page for whatever else is asked for.
    static func localPath(_ text: String?) -> String {
        guard let text, text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 512,
            text.utf8.dropFirst().first != UInt8(ascii: "/"), DashboardSite.serves(text),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return "/" }
        return text
    }
}
