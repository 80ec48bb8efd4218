package import Domain
package import Providers

/// A way to tell somebody of alerts.
package struct AlertChannel: Sendable {
    /// Where a message goes.
    package enum Kind: Sendable {
        /// JSON to a URL, signed by Standard Webhooks.
        case webhook(url: String, secret: Secret?, allowPrivate: Bool)
        /// A text to a chat's incoming webhook; its URL is a secret.
        case slack(url: Secret, allowPrivate: Bool)
        /// An e-mail, sent by Usher's own calls.
        case email(to: [String], from: String?)
        /// A text message to each number, sent by Usher's own calls.
        case sms(to: [String], from: String?)
        /// Every browser that subscribed; where private addresses are allowed, also over plain HTTP.
        case push(allowPrivate: Bool)
    }

    /// The most channels.
    package static let countMax = 20
    /// The most addresses or numbers of one channel.
    package static let addresseesMax = 20
    /// The latest a channel is told, after the alert's begin.
    package static let afterMax = Duration.seconds(86_400)

    /// Its name.
    package let name: ResourceName
    /// Where messages go.
    package let kind: Kind
    /// Quieter alerts do not come here.
    package let from: AlertLevel
    /// How long after the alert's begin it is told, unless somebody took the alert before.
    package let after: Duration

    /// Makes a channel.
    package init(name: ResourceName, kind: Kind, from: AlertLevel = .warning, after: Duration = .zero) {
        self.name = name
        self.kind = kind
        self.from = from
        self.after = after
    }

    /// The kind's name in documents.
    package var kindName: String {
        switch kind {
        case .webhook: "webhook"
        case .slack: "slack"
        case .email: "email"
        case .sms: "sms"
        case .push: "push"
        }
    }

    /// What Usher itself needs a provider for to reach it.
    package var capability: Capability? {
        switch kind {
        case .email: .email
        case .sms: .sms
        case .webhook, .slack, .push: nil
        }
    }
}
