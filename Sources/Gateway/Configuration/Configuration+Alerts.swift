package import Domain
package import Health
import Providers
package import Registry

/// Who is told of incidents, as the file says it.
package struct AlertSettings: Hashable, Sendable {
    /// One channel as the file says it.
    package struct Channel: Hashable, Sendable {
        /// Its name.
        package var name: ResourceName
        /// `webhook`, `slack`, `email`, `sms` or `push`.
        package var type: String
        /// Where a webhook or a chat's webhook is; a chat's is a secret.
        package var url: SecretReference?
        /// What signs a webhook.
        package var secret: SecretReference?
        /// Whether `url` may be a private address.
        package var allowPrivate = false
        /// Addresses or numbers.
        package var to: [String] = []
        /// The sender; nil is the integration's own.
        package var from: String?
        /// Quieter alerts do not come here.
        package var level = AlertLevel.warning
        /// When it is told, after the alert's begin.
        package var after = Duration.zero

        /// Begins a channel.
        package init(name: ResourceName, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// How push services find whoever runs this gateway; nil is `public_url`.
    package var contact: String?
    /// The channels, in the order of the file.
    package var channels: [Channel] = []

    /// Tells nobody.
    package init() {}

    /// The channels with their secrets.
    package func channels(_ resolver: SecretResolver) throws -> [AlertChannel] {
        try channels.map { channel in
            let owner = "alert channel `\(channel.name)`"
            let url = try channel.url.map { try resolver.resolve($0, for: owner) }
            let kind: AlertChannel.Kind =
                switch channel.type {
                case "slack": .slack(url: url ?? Secret(""), allowPrivate: channel.allowPrivate)
                case "email": .email(to: channel.to, from: channel.from)
                case "sms": .sms(to: channel.to, from: channel.from)
                case "push": .push(allowPrivate: channel.allowPrivate)
                default:
                    .webhook(
                        url: String(decoding: url?.bytes ?? [], as: UTF8.self),
                        secret: try channel.secret.map { try resolver.resolve($0, for: owner) },
                        allowPrivate: channel.allowPrivate
                    )
                }
            return AlertChannel(name: channel.name, kind: kind, from: channel.level, after: channel.after)
        }
    }
}

extension Configuration {
    /// Takes the channels of alerts.
    mutating func takeAlerts(_ section: ConfigurationSection, _ reader: inout ConfigurationReader) {
        guard let section = section.section("alerts") else { return }
        alerts.contact = section.text("contact")
        let channels = section.sections("channels")
        for (name, channel) in channels {
            guard let type = channel.text("type") else { continue }
            var taken = AlertSettings.Channel(name: name, type: type)
            taken.url = channel.text("url").map { SecretReference($0) }
            taken.secret = channel.text("secret").map { SecretReference($0) }
            taken.allowPrivate = channel.flag("allow_private") ?? false
            taken.to = channel.texts("to") ?? []
            taken.from = channel.text("from")
            taken.level = channel.text("level").flatMap { AlertLevel(rawValue: $0) } ?? taken.level
            taken.after = channel.whole("after_minutes").map { .seconds(60 * $0) } ?? .zero
            reader.report(taken.problems, of: channel)
            alerts.channels.append(taken)
        }
        if channels.count > AlertChannel.countMax {
            reader.report(
                section.position("channels"),
                section.path + ".channels",
                "has at most \(AlertChannel.countMax)"
            )
        }
        let moments = Set(
            alerts.channels.map {
                [$0.after.components.seconds, Int64(AlertLevel.allCases.firstIndex(of: $0.level) ?? 0)]
            }
        )
        if moments.count > EscalationPlan.stepsMax {
            reader.report(
                section.position("channels"),
                section.path + ".channels",
                "name at most \(EscalationPlan.stepsMax) different pairs of `after_minutes` and `level`"
            )
        }
    }
}

extension AlertSettings.Channel {
    /// What is wrong with it, by key.
    fileprivate var problems: [DefinitionRules.Problem] {
        switch type {
        case "webhook", "slack":
            return url == nil ? [("url", "is missing: where messages go")] : []
        case "email":
            let wrong = to.first { EmailAddress($0) == nil }
            if let wrong { return [("to", "`\(wrong)` is no e-mail address")] }
            return to.isEmpty ? [("to", "is missing: who is written to")] : []
        case "sms":
            let wrong = to.first { !$0.hasPrefix("+") || $0.utf8.count < 8 }
            if let wrong { return [("to", "`\(wrong)` is no number like +34600111222")] }
            return to.isEmpty ? [("to", "is missing: the numbers")] : []
        default: return []
        }
    }
}
