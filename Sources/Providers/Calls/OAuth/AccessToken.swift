package import Domain

/// An access token with its life.
///
/// It is refreshed before it ends, so that a request never leaves with a token that dies on the way:
///
/// | life | is refreshed when this remains |
/// |---|---|
/// | 9 h (PayPal) | 54 min: a tenth |
/// | 1 h (Google, Zoom) | 6 min: a tenth |
/// | 30 min | 5 min: never less |
/// | 8 min | 4 min: never more than half of it |
package struct AccessToken: Sendable {
    /// The least time before its end at which a token is refreshed.
    package static let earlinessMin: Duration = .seconds(300)
    /// The longest life that is believed: a day.
    package static let lifeMax: Duration = .seconds(86_400)

    /// What goes behind `Bearer`.
    package let secret: Secret
    /// When it was given.
    package let issuedAt: Instant
    /// When it ends.
    package let expiresAt: Instant

    /// Collects the parts; a life longer than `lifeMax` is cut.
    package init(secret: Secret, issuedAt: Instant, expiresAt: Instant) {
        self.secret = secret
        self.issuedAt = issuedAt
        self.expiresAt = min(expiresAt, issuedAt + Self.lifeMax)
    }

    /// When it should be refreshed.
    package var refreshAt: Instant {
        let life = max(expiresAt - issuedAt, .zero)
        return expiresAt - min(max(life / 10, Self.earlinessMin), life / 2)
    }

    /// Whether it should be refreshed by now; it can be used meanwhile, as `isValid` says.
    package func isDue(at now: Instant) -> Bool { now >= refreshAt }

    /// Whether its life is not over.
    package func isValid(at now: Instant) -> Bool { now < expiresAt }
}
