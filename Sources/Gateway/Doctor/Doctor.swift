package import Domain
import Foundation
import Registry
import Storage

/// Looks at everything a server stands on and says how to mend what it finds: `usher doctor`.
///
/// Changes nothing: a server may run meanwhile.
package struct Doctor: Sendable {
    private let configuration: Configuration
    private let resolver: SecretResolver
    private let time: Time
    private let thorough: Bool
    private let isUsher: @Sendable (_ url: String) async -> Bool

    /// Makes a doctor.
    /// - Parameter thorough: reads even a large database through.
    /// - Parameter isUsher: whether a server at a base URL answers `GET /healthz` as Usher does.
    package init(
        configuration: Configuration,
        resolver: SecretResolver,
        time: Time,
        thorough: Bool,
        isUsher: @escaping @Sendable (_ url: String) async -> Bool
    ) {
        self.configuration = configuration
        self.resolver = resolver
        self.time = time
        self.thorough = thorough
        self.isUsher = isUsher
    }

    /// Runs every check, one after the other.
    package func examine() async throws -> [Finding] {
        var findings = disk()
        findings.append(try await clock())
        findings += [key(), database()]
        findings.append(await port())
        findings.append(PublicURLCheck.finding(configuration.publicURL, endsTLS: configuration.tls != nil))
        findings += secrets()
        if let trust = TrustCheck.finding(configuration, bundle: TrustCheck.observe()) {
            findings.append(trust)
        }
        for destination in configuration.destinations where destination.enabled {
            for url in [destination.url] + (destination.standbyURL.map { [$0] } ?? []) {
                let observed = await DestinationCheck.observe(url, allowPrivate: destination.allowPrivate)
                findings.append(DestinationCheck.finding(observed, name: destination.name, url: url))
            }
        }
        return findings
    }

    private func disk() -> [Finding] {
        guard let databasePath = configuration.database.path else { return [] }  // The server's own matter.
        var folder = (databasePath as NSString).deletingLastPathComponent
        while !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
            folder = (folder as NSString).deletingLastPathComponent
        }
        if folder.isEmpty { folder = "." }
        do {
            return DiskCheck.findings(try DiskCheck.measure(folder: folder), folder: folder)
        } catch {
            return [
                .problem(
                    "disk-sync",
                    "\(folder): \(error)",
                    mend: "let the user that runs usher write to the folder"
                )
            ]
        }
    }

    private func clock() async throws -> Finding {
        let first = (wall: time.now(), elapsed: time.elapsed())
        try await time.sleep(.milliseconds(250))
        let second = (wall: time.now(), elapsed: time.elapsed())
        return ClockCheck.finding(wall: (first.wall, second.wall), elapsed: (first.elapsed, second.elapsed))
    }

    private func key() -> Finding {
        KeyCheck.finding(
            configuration.rootKey,
            databaseExists: databaseExists(),
            environment: resolver.environment
        )
    }

    /// Whether there is a database that the key must fit.
    private func databaseExists() -> Bool {
        if let path = configuration.database.path { return FileManager.default.fileExists(atPath: path) }
        let inspected = try? inspection(thorough: false)
        return inspected.map { $0.missingMigrations.count < Services.migrations.count } ?? true
    }

    private func inspection(thorough: Bool) throws -> DatabaseInspection {
        try DatabaseInspection.inspect(
            configuration.database.configuration(resolver),
            migrations: Services.migrations,
            thorough: thorough
        )
    }

    private func database() -> Finding {
        guard let path = configuration.database.path else {
            let inspected = Result<DatabaseInspection, any Error> { try inspection(thorough: false) }
            return DatabaseCheck.finding(onServer: inspected, address: "\(configuration.database)")
        }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            return .ok("database", "\(path) does not exist yet: the first start makes it")
        }
        let bytes = (attributes[.size] as? Int) ?? 0
        let readsThrough = thorough || bytes <= DatabaseCheck.thoroughBytesMax
        let inspected = Result<DatabaseInspection, any Error> { try inspection(thorough: readsThrough) }
        return DatabaseCheck.finding(inspected, path: path, thorough: readsThrough)
    }

    private func port() async -> Finding {
        let address = configuration.listen
        let url = address.url(scheme: configuration.tls == nil ? "http" : "https")
        return PortCheck.finding(
            await PortCheck.observe(address) { await isUsher(url) },
            address: address
        )
    }

    private func secrets() -> [Finding] {
        let wanted =
            configuration.sources.map { ("source \($0.name)", $0.secrets) }
            + configuration.destinations.map { ("destination \($0.name)", $0.secrets) }
        return wanted.flatMap { owner, references in
            references.compactMap { reference in
                do {
                    _ = try resolver.resolve(reference, for: owner)
                    return nil
                } catch {
                    return .problem(
                        "secret of \(owner)",
                        "\(error)",
                        mend: "give usher the secret, then run this again"
                    )
                }
            }
        }
    }
}
