package import Domain

/// Puts an integration's credential into a request of the provider's own SDK, in place of what the SDK sent.
///
/// | provider | credential |
/// |---|---|
/// | Stripe, Square, SendGrid | `Authorization: Bearer`, the key or token |
/// | PayPal, Zoom, Google, Microsoft Graph | `Authorization: Bearer`, the OAuth access token |
/// | Twilio | Basic with account SID and token; the path must be below the account's own |
/// | CalDAV | Basic with user and password |
/// | OpenWeatherMap | the query parameter `appid` |
/// | WeatherAPI.com | the query parameter `key` |
/// | S3 | SigV4 over what the SDK had signed; the bucket must be the integration's own |
/// | Cloudinary | Basic with key and secret, for the Admin API; the cloud must be the integration's own |
/// | Cloudinary, Upload API | in the form itself: see `CloudinaryForm` |
package enum ProviderCredential {
    /// Why a request cannot be given a credential; nothing was sent.
    package enum Failure: Error, Hashable, Sendable {
        /// The integration has no value for this field, or no access token.
        case missing(String)
        /// The path is that of another account than the integration's.
        case foreignAccount
        /// Requests to this provider cannot be signed here.
        case unsupported
    }

    /// Puts the credential of `account` into `request`, which has none: neither `authorization` nor `cookie`.
    package static func put(
        into request: inout ProxiedRequest,
        _ account: IntegrationAccount,
        now: Instant
    ) throws(Failure) {
        switch account.provider {
        case .stripe, .sendgrid: request.set("authorization", "Bearer \(try text("key", account))")
        case .square: request.set("authorization", "Bearer \(try text("token", account))")
        case .paypal, .zoom, .googleCalendar, .microsoftGraph:
            guard let token = account.accessToken else { throw .missing("access_token") }
            let text = String(decoding: token.bytes, as: UTF8.self)
            request.set("authorization", "Bearer \(text)")
            // Google's own keys for whom a request is counted, and who is meant: not the caller's to choose.
            request.headers.removeAll { $0.name == "x-goog-api-key" || $0.name == "x-goog-user-project" }
        case .twilio:
            let own = try text("account", account)
            guard isBelowAccount(request.path, own) else { throw .foreignAccount }
            request.set("authorization", WireText.basic(own, try text("token", account)))
        case .appleCalendar:
            let user = try text("user", account)
            request.set("authorization", WireText.basic(user, try text("password", account)))
        case .openWeatherMap: request.setParameter("appid", try text("key", account))
        case .weatherAPI:
            request.headers.removeAll { $0.name == "key" }
            request.setParameter("key", try text("key", account))
        case .awsS3: try request.signForS3(account, now: now)
        case .cloudinary:
            let segments = request.path.utf8.split(separator: UInt8(ascii: "/"))
            let cloud = try text("cloud", account)
            guard segments.count >= 2, segments[1].elementsEqual(cloud.utf8) else { throw .foreignAccount }
            guard !CloudinaryForm.isOne(request) else {
                _ = (try text("key", account), try text("secret", account))
                return
            }
            // What is signed in its URL cannot be signed anew.
            let isUpload =
                segments.count > 2
                && CloudinaryForm.uploadKinds.contains { $0.utf8.elementsEqual(segments[2]) }
            guard !isUpload else { throw .unsupported }
            let key = try text("key", account)
            request.set("authorization", WireText.basic(key, try text("secret", account)))
        }
    }

    /// Where requests of an account go: its base URL, with the region where the provider's own has a place for it.
    package static func baseURL(of account: IntegrationAccount) -> String {
        guard account.baseURL.utf8.contains(UInt8(ascii: "{")) else { return account.baseURL }
        let parts = account.baseURL.split(separator: "{region}", omittingEmptySubsequences: false)
        return parts.joined(separator: WireText.percentEncoded(account.text("region")))
    }

    /// Whether a path is `/{version}/Accounts/{own}`, with `.json` or more below it.
    static func isBelowAccount(_ path: String, _ own: String) -> Bool {
        let segments = path.utf8.split(separator: UInt8(ascii: "/"))
        guard segments.count >= 3, segments[1].elementsEqual("Accounts".utf8) else { return false }
        if segments[2].elementsEqual(own.utf8) { return true }
        return segments.count == 3 && segments[2].elementsEqual("\(own).json".utf8)
    }

    static func text(_ field: String, _ account: IntegrationAccount) throws(Failure) -> String {
        let text = account.text(field)
        guard !text.isEmpty else { throw .missing(field) }
        return text
    }
}

extension IntegrationAccount {
    /// The shortest value that is looked for in what a provider sends back.
    private static let echoBytesMin = 8

    /// What of the credential must not be repeated: its secrets, the access token, and both as Basic sends them.
    package var unrepeatable: [[UInt8]] {
        var secrets = credential.filter { isSecret($0.key) }.map(\.value.bytes)
        if let accessToken { secrets.append(accessToken.bytes) }
        let pairs = [("account", "token"), ("user", "password"), ("key", "secret")].compactMap {
            user,
            password -> [UInt8]? in
            guard credential[user] != nil, credential[password] != nil else { return nil }
            return Array(WireText.basic(self.text(user), self.text(password)).utf8.dropFirst(6))
        }
        return (secrets + pairs).filter { $0.count >= Self.echoBytesMin }
    }

    /// Whether a text holds a secret of the credential, the access token, or one of them as Basic sends it.
    package func isRepeated(in text: String) -> Bool {
        let bytes = Array(text.utf8)
        return unrepeatable.contains { bytes.holds($0) }
    }

    private func isSecret(_ field: String) -> Bool {
        guard let facts = CallCatalogue.facts(of: provider) else { return true }
        return facts.credential.first { $0.name == field }?.isSecret ?? true
    }
}
