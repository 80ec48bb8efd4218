import Domain
import Providers
import Transport

/// Finds everything that is wrong with a definition before anything is stored.
enum DefinitionCheck {
    /// Checks a source and its opened secrets.
    static func problems(_ definition: SourceDefinition, secrets: [Secret]) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        do {
            let dialect = try makeDialect(provider: definition.provider, settings: definition.settings)
            if definition.enabled {
                problems += dialect.checkSecrets(secrets).map { DefinitionProblem("secrets", $0) }
            }
        } catch let error as ProviderError {
            problems.append(DefinitionProblem(error.field, error.description))
        } catch {
            problems.append(DefinitionProblem("settings", "\(error)"))
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
        return problems + rateProblems(definition.ratePerSecond)
    }

    /// Checks a destination and its opened secrets.
    static func problems(_ definition: DestinationDefinition, secrets: [Secret]) -> [DefinitionProblem] {
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

    private static func secretProblems(_ secrets: [Secret]) -> [DefinitionProblem] {
        guard (1...DestinationDefinition.secretsMax).contains(secrets.count) else {
            return [DefinitionProblem("secret", "give one signing secret, or two while one is being rotated")]
        }
        guard secrets.allSatisfy({ $0.bytes.count >= Secret.bytesMin }) else {
            return [
                DefinitionProblem(
                    "secret",
                    "must be at least \(Secret.bytesMin) bytes; make one with `usher keys secret`"
                )
            ]
        }
        return []
    }

    private static func urlProblems(
        _ field: String,
        _ text: String,
        _ allowPrivate: Bool
    ) -> [DefinitionProblem] {
        do {
            _ = try DestinationURL(text, policy: AddressPolicy(allowPrivate: allowPrivate))
            return []
        } catch {
            return [DefinitionProblem(field, error.description)]
        }
    }

    private static func rangeProblems(
        _ field: String,
        _ value: Int,
        _ range: ClosedRange<Int>
    ) -> [DefinitionProblem] {
        guard !range.contains(value) else { return [] }
        return [DefinitionProblem(field, "must be \(range.lowerBound) to \(range.upperBound)")]
    }

    private static func rateProblems(_ rate: Double?) -> [DefinitionProblem] {
        guard let rate, !(0.01...100_000).contains(rate) else { return [] }
        return [DefinitionProblem("rate_per_second", "must be 0.01 to 100000")]
    }
}

/// The dialect of a provider with its settings.
func makeDialect(provider: String, settings: JSONValue) throws(ProviderError) -> WebhookDialect {
    let name = try ProviderName(checking: provider)
    return try WebhookDialect.dialect(for: name, settings: try WebhookSettings(settings, for: name))
}
