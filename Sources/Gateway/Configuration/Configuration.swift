package import Health
package import Logging
package import Registry

/// Everything `usher.yaml` says, checked; what it leaves out has its default.
///
/// The keys, their ranges and their defaults are the table in `ConfigurationKey.all`.
package struct Configuration: Hashable, Sendable {
    /// Where the server listens.
    package var listen: ListenAddress
    /// How the outside reaches the server: scheme, host, port, perhaps a path; never ends in `/`.
    ///
    /// Signatures over a
    /// URL are checked against this one, never against what a request claims.
    package var publicURL: String
    /// Where events are stored.
    package var database: DatabaseLocation
    /// Where the root key is read from.
    package var rootKey: RootKeyLocation
    /// The server's certificate; nil is plain HTTP.
    package var tls: TLSFiles?
    /// How many proxies stand in front, each of which adds to `X-Forwarded-For`: 0 to 16.
    package var trustedProxies: Int
    /// What the server takes at most.
    package var limits: RequestLimits
    /// What is logged, and how.
    package var log: LogFormatting
    /// Whether integrations are probed and status pages read.
    package var health: HealthMonitor.Settings
    /// The sources the file owns, in the order of the file.
    package var sources: [SourceDefinition]
    /// The destinations the file owns, in the order of the file.
    package var destinations: [DestinationDefinition]
    /// The integrations the file owns, in the order of the file.
    package var integrations: [IntegrationDefinition]
    /// The routes the file owns, in the order of the file.
    package var routes: [RouteDefinition]
    /// Who is told of incidents.
    package var alerts: AlertSettings

    /// The configuration of an empty file: loopback, everything under `./usher-data`.
    package init() {
        listen = .standard
        publicURL = listen.url(scheme: "http")
        database = .standard
        rootKey = .standard
        tls = nil
        trustedProxies = 0
        limits = RequestLimits()
        log = LogFormatting()
        health = HealthMonitor.Settings()
        sources = []
        destinations = []
        integrations = []
        routes = []
        alerts = AlertSettings()
    }
}

/// The two files of a TLS identity, both PEM.
package struct TLSFiles: Hashable, Sendable {
    /// The file of the certificate chain, the server's own certificate first.
    package let certificatePath: String
    /// The file of the private key.
    package let keyPath: String

    /// Pairs a chain with its key.
    package init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}

/// What the server takes at most; beyond each it refuses clearly and keeps its memory bounded.
package struct RequestLimits: Hashable, Sendable {
    /// The most open connections; further ones are answered 503 and closed.
    package var connections = 16_384
    /// The most requests being worked on; further ones get 503 with `Retry-After`.
    package var requests = 1_024
    /// How long a whole request may take to arrive and be answered.
    package var requestTime = Duration.seconds(30)
    /// How long a connection may stay without a request.
    package var idleTime = Duration.seconds(75)
    /// The most header fields of a request.
    package var headerCount = 100
    /// The most bytes of all header fields of a request.
    package var headerBytes = 16_384

    /// The defaults.
    package init() {}
}

/// What is logged, and how.
package struct LogFormatting: Hashable, Sendable {
    /// The shape of a log line.
    package enum Format: String, CaseIterable, Sendable {
        /// For people.
        case text
        /// One JSON object a line, for machines.
        case json
    }

    /// The least severe level that is written.
    package var level = Logger.Level.info
    /// The shape of a line.
    package var format = Format.text

    /// The defaults.
    package init() {}
}
