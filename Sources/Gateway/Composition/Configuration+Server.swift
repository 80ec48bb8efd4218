package import HTTPAPI
package import Transport

extension Configuration {
    /// The server's settings as the file has them.
    package var serverSettings: HTTPServer.Settings {
        var limits = ServerLimits()
        limits.connectionsMax = self.limits.connections
        limits.handledRequestsMax = self.limits.requests
        limits.requestTimeAbsoluteMax = self.limits.requestTime
        limits.idleTimeMax = self.limits.idleTime
        limits.fieldsMax = self.limits.headerCount
        limits.headBytesMax = self.limits.headerBytes
        return HTTPServer.Settings(
            host: listen.host,
            port: Int(listen.port),
            tls: tls.map { TLSSettings(certificatePath: $0.certificatePath, keyPath: $0.keyPath) },
            limits: limits
        )
    }

    /// Which addresses may be sent to: never, unless private ones are allowed, Usher's own.
    package var addressPolicy: @Sendable (Bool) -> AddressPolicy {
        let endpoints = IPAddress(listen.host).map {
            Set([ListenEndpoint(address: $0, port: Int(listen.port))])
        }
        let host = publicURL.split(separator: "/").dropFirst().first.map { $0.split(separator: ":") }?.first
        let hosts = Set(host.map { [String($0)] } ?? [])
        return { AddressPolicy(allowPrivate: $0, ownEndpoints: endpoints ?? [], ownHosts: hosts) }
    }
}
