package import Registry

extension Configuration {
    /// What the file wants registered, its secrets read.
    ///
    /// - Throws: `SecretResolutionError` for the first secret that cannot be read.
    package func desired(_ resolver: SecretResolver) throws -> DesiredRegistry {
        DesiredRegistry(
            sources: try sources.map { definition in
                let secrets = try definition.secrets.map {
                    try resolver.resolve($0, for: "source `\(definition.name)`")
                }
                return (definition, secrets)
            },
            destinations: try destinations.map { definition in
                let secrets = try definition.secrets.map {
                    try resolver.resolve($0, for: "destination `\(definition.name)`")
                }
                return (definition, secrets)
            },
            integrations: try integrations.map { definition in
                let credential = try definition.credential.mapValues {
                    try resolver.resolve($0, for: "integration `\(definition.name)`")
                }
                return (definition.withoutReferences, credential)
            },
            routes: routes
        )
    }
}
