import Domain

/// The URLs of a grant for one account.
///
/// | endpoint | base URL of the account | URL |
/// |---|---|---|
/// | a path | any | below the base URL |
/// | absolute | of the provider's own site: `api-eu.zoom.us` beside `api.zoom.us` | as it is |
/// | absolute | elsewhere: a stand-in | its path below the base URL |
///
/// The third row lets a stand-in serve an account whole, tokens included. `{tenant}` stands for the credential's
/// `tenant`.
struct OAuthEndpoints {
    let account: IntegrationAccount
    /// `ProviderFacts.baseURL`.
    let ownBaseURL: String

    func url(_ endpoint: String) -> String {
        let tenant = account.text("tenant")
        let filled = endpoint.split(separator: "{tenant}", omittingEmptySubsequences: false)
            .joined(separator: WireText.percentEncoded(tenant.isEmpty ? "common" : tenant))
        guard let url = URLParts(filled) else { return account.baseURL + filled }
        return isOwnSite ? filled : account.baseURL + url.target
    }

    private var isOwnSite: Bool {
        guard let own = URLParts(ownBaseURL), let base = URLParts(account.baseURL) else { return false }
        return base.scheme == "https" && base.site == own.site
    }
}
