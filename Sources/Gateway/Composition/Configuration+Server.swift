package import HTTPAPI
import NIOCore
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
        let endpoints = ownEndpoints
        let authority = publicURL.split(separator: "/").dropFirst().first
        let host = authority?.split(separator: ":").first.map(String.init)
        let hosts = Set([host].compactMap { $0 })
        return { AddressPolicy(allowPrivate: $0, ownEndpoints: endpoints, ownHosts: hosts) }
    }

    /// Where this process can be reached: the address it listens on, or each of the machine's for a wildcard.
    private var ownEndpoints: Set<ListenEndpoint> {
        let isWildcard = listen.host == "0.0.0.0" || listen.host == "::"
        let devices = isWildcard ? (try? System.enumerateDevices()) ?? [] : []
        let texts = isWildcard ? devices.compactMap { $0.address?.ipAddress } : [listen.host]
        return Set(
            texts.compactMap(IPAddress.init).map { ListenEndpoint(address: $0, port: Int(listen.port)) }
        )
    }
}
