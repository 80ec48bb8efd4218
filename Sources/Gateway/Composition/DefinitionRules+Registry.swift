import Domain
import Providers
import Registry
import Transport

extension DefinitionRules {
    /// What the registry would refuse, found while the file is read.
    ///
    /// Secrets are only counted: what is behind their references is known where the server runs.
    package static var registry: DefinitionRules {
        let check = DefinitionCheck { AddressPolicy(allowPrivate: $0) }
        return DefinitionRules(
            source: { definition in
                let problems = check.problems(definition, secrets: [])
                return problems.filter { !isSecret($0) || definition.secrets.isEmpty }.map(problem)
            },
            destination: { definition in
                let problems = check.problems(definition, secrets: [])
                return problems.filter { !isSecret($0) || definition.secrets.isEmpty }.map(problem)
            },
            integration: { check.problems($0, credential: nil).map(problem) },
            route: { route, integrations in
                let known = integrations.map { ($0.name.text, ($0.provider, $0.vendor)) }
                return check.problems(route, among: Dictionary(known) { first, _ in first }).map(problem)
            }
        )
    }

    private static func isSecret(_ found: DefinitionProblem) -> Bool {
        found.field == "secrets" || found.field == "secret"
    }

    private static func problem(_ found: DefinitionProblem) -> Problem {
        (found.field, found.message)
    }
}
