import Domain
import HTTPAPI

/// Light or dark: kept in a cookie, switched by a form, without a session.
enum ThemeSwitch {
    static let cookie = "usher_theme"

    static func theme(of request: APIRequest) -> Theme {
        SessionCookie.values(request, cookie).first.flatMap(Theme.init(rawValue:)) ?? .auto
    }

    static func respond(to request: APIRequest) -> APIResponse {
        guard request.method == .post, request.isSameOrigin, let form = try? FormReading.form(request),
            let theme = form["theme"].flatMap(Theme.init(rawValue:))
        else { return DashboardSite.redirect("/") }
        var response = DashboardSite.redirect(SignIn.localPath(form["back"]))
        response.headers.append(
            lowercaseName: "set-cookie",
            value: "\(cookie)=\(theme.rawValue); Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict"
        )
        return response
    }
}
