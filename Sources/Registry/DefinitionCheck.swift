package import Domain
package import Providers
import Signatures
package import Transport

/// Finds everything that is wrong with a definition before anything is stored.
package struct DefinitionCheck: Sendable {
    /// Which addresses a destination may have; the argument is its `allow_private`.
    package let addressPolicy: @Sendable (Bool) -> AddressPolicy
    /// What is known of a provider; nil when it cannot be called.
    package let facts: @Sendable (APIProvider) -> ProviderFacts?

    /// Makes a check with the addresses it allows and the providers it knows.
    package init(
        facts: @escaping @Sendable (APIProvider) -> ProviderFacts? = { CallCatalogue.facts(of: $0) },
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy
    ) {
        self.facts = facts
        self.addressPolicy = addressPolicy
    }

    /// Checks a source and its opened secrets.
    package func problems(_ definition: SourceDefinition, secrets: [Secret]) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        do {
            let dialect = try makeDialect(provider: definition.provider, settings: definition.settings)
            _ = try makeCorrelation(provider: definition.provider, settings: definition.settings)
            if definition.enabled { try dialect.checkSecrets(secrets) }
        } catch let error as ProviderError {
            problems.append(DefinitionProblem(field(error), error.description))
        } catch {
            problems.append(DefinitionProblem("secrets", "\(error)"))
        }
        if secrets.count > SourceDefinition.secretsMax {
            problems.append(
                DefinitionProblem("secrets", "at most \(SourceDefinition.secretsMax) are allowed")
            )
        }
        if !SourceDefinition.bodyBytesRange.contains(definition.bodyBytesMax) {
            let range = SourceDefinition.bodyBytesRange
            problems.append(
                DefinitionProblem(
                    "body_bytes_max",
                    "must be \(range.lowerBound) to \(range.upperBound) bytes"
                )
            )
        }
        return problems + rateProblems(definition.ratePerSecond) + rangeProblems(definition.allowFrom)
            + retentionProblems(definition.retention)
    }

    private func retentionProblems(_ retention: SourceRetention) -> [DefinitionProblem] {
        let range = SourceRetention.daysRange
        guard range.contains(retention.bodiesDays), range.contains(retention.fieldsDays) else {
            let text = "bodies_days and fields_days must be \(range.lowerBound) to \(range.upperBound)"
            return [DefinitionProblem("retention", text)]
        }
        guard retention.fieldsDays >= retention.bodiesDays else {
            return [DefinitionProblem("retention", "fields_days must be at least bodies_days")]
        }
        return []
    }

    private func rangeProblems(_ ranges: [String]) -> [DefinitionProblem] {
        guard ranges.count <= SourceDefinition.rangesMax else {
            return [DefinitionProblem("allow_from", "at most \(SourceDefinition.rangesMax) are allowed")]
        }
        return ranges.filter { AddressRange($0) == nil }.map { _ in
            DefinitionProblem(
                "allow_from",
                "a range is an address, or a prefix whose other bits are zero: 192.0.2.0/24, 2001:db8::/32"
            )
        }
    }

    /// Checks a destination and its opened secrets.
    package func problems(_ definition: DestinationDefinition, secrets: [Secret]) -> [DefinitionProblem] {
        var problems = urlProblems("url", definition.url, definition.allowPrivate)
        if let standby = definition.standbyURL {
            problems += urlProblems("standby_url", standby, definition.allowPrivate)
        }
        problems += secretProblems(secrets)
        if definition.events.isEmpty || definition.events.count > DestinationDefinition.eventsMax {
            problems.append(
                DefinitionProblem(
                    "events",
                    "give 1 to \(DestinationDefinition.eventsMax) patterns, such as \"*\""
                )
            )
        }
        for pattern in definition.events where EventPattern(pattern) == nil {
            problems.append(
                DefinitionProblem(
                    "events",
                    "a pattern is `*`, `prefix.*` or one exact type of printable ASCII"
                )
            )
        }
        problems += rangeProblems(
            "concurrency",
            definition.concurrency,
            DestinationDefinition.concurrencyRange
        )
        problems += rangeProblems("attempts_max", definition.attemptsMax, DestinationDefinition.attemptsRange)
        if !DestinationDefinition.timeoutRange.contains(definition.timeout) {
            problems.append(DefinitionProblem("timeout_seconds", "must be 1 to 60"))
        }
        return problems + rateProblems(definition.ratePerSecond)
    }

    private func field(_ error: ProviderError) -> String {
        switch error {
        case .unknownProvider: "provider"
        case .invalidSetting(let key, _), .missingSetting(let key, _), .unknownSetting(let key, _):
            "settings.\(key)"
        case .settingsNotObject, .conflictingSettings, .otherProvider: "settings"
        }
    }

    private func secretProblems(_ secrets: [Secret]) -> [DefinitionProblem] {
        guard (1...DestinationDefinition.secretsMax).contains(secrets.count) else {
            return [DefinitionProblem("secret", "give one signing secret, or two while one is being rotated")]
        }
        do {
            try StandardWebhooksSignature.checkSecrets(secrets)
            return []
        } catch {
            return [DefinitionProblem("secret", "\(error); `usher keys secret` makes one")]
        }
    }

    private func urlProblems(
        _ field: String,
        _ text: String,
        _ allowPrivate: Bool
    ) -> [DefinitionProblem] {
        do {
            _ = try DestinationURL(text, policy: addressPolicy(allowPrivate))
            return []
        } catch {
            return [DefinitionProblem(field, error.description)]
        }
    }

    private func rangeProblems(
        _ field: String,
        _ value: Int,
        _ range: ClosedRange<Int>
    ) -> [DefinitionProblem] {
        guard !range.contains(value) else { return [] }
        return [DefinitionProblem(field, "must be \(range.lowerBound) to \(range.upperBound)")]
    }

    private func rateProblems(_ rate: Double?) -> [DefinitionProblem] {
        guard let rate, !(0.01...100_000).contains(rate) else { return [] }
        return [DefinitionProblem("rate_per_second", "must be 0.01 to 100000")]
    }
}

/// The dialect of a provider with its settings, apart from those of correlation, which every provider has.
func makeDialect(provider: String, settings: JSONValue) throws(ProviderError) -> WebhookDialect {
    WebhookDialect(try WebhookSettings(dialectSettings(settings), for: ProviderName(name: provider)))
}

/// How events of a source with these settings find their weddings.
func makeCorrelation(provider: String, settings: JSONValue) throws(ProviderError) -> CorrelationRules {
    guard let own = settings.object?.first(where: isCorrelation)?.value else {
        return .defaults(for: provider)
    }
    return try CorrelationRules(own, provider: provider)
}

/// A source's settings without those of correlation.
func dialectSettings(_ settings: JSONValue) -> JSONValue {
    settings.object.map { members in .object(members.filter { !isCorrelation($0) }) } ?? settings
}

private func isCorrelation(_ member: JSONMember) -> Bool {
    member.name.utf8.elementsEqual(CorrelationRules.settingsKey.utf8)
}
