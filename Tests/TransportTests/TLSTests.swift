import NIOCore
import NIOSSL
import Testing
import Transport

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    private func server(_ certificate: String, maximum: TLSVersion? = nil) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem))
            ],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(Certificates.key.utf8), format: .pem))
        )
        tls.minimumTLSVersion = .tlsv1
        tls.maximumTLSVersion = maximum
        return tls
    }

    private func trusting() throws -> HTTPUpstream.Configuration {
        var configuration = HTTPUpstream.Configuration()
        configuration.additionalRoots = [
            try NIOSSLCertificate(bytes: Array(Certificates.authority.utf8), format: .pem)
        ]
        return configuration
    }

    private func error(
        _ tls: TLSConfiguration?,
        _ configuration: HTTPUpstream.Configuration,
        host: String = "hooks.example.com"
    ) async throws -> TransportError? {
        var found: TransportError?
        try await TestServer.run(tls: tls, configuration: configuration, reply: HTTPUpstreamTests.ok) {
            server,
            upstream in
            let request = try server.request(scheme: "https", host: host)
            do throws(TransportError) {
                _ = try await upstream.send(request)
            } catch {
                found = error
            }
            #expect(server.requests.isEmpty == (found != nil))
        }
        return found
    }

    @Test
    func `a certificate of a known authority and the right name is trusted`() async throws {
        #expect(try await error(server(Certificates.trusted), trusting()) == nil)
        #expect(try await error(server(Certificates.trusted, maximum: .tlsv12), trusting()) == nil)
    }

    @Test
    func `a self-signed certificate is refused`() async throws {
        let expected = TransportError.tls("the certificate is not trusted")
        #expect(try await error(server(Certificates.selfSigned), trusting()) == expected)
        #expect(try await error(server(Certificates.trusted), .init()) == expected)
    }

    @Test
    func `a certificate for another name is refused`() async throws {
        let found = try await error(server(Certificates.trusted), trusting(), host: "other.example.com")
        #expect(found == .tls("the certificate is for another name"))
        let literal = try await error(server(Certificates.trusted), trusting(), host: "127.0.0.1")
        #expect(literal?.code == "tls")
    }

    @Test
    func `TLS 1 point 1 is refused`() async throws {
        let found = try await error(server(Certificates.trusted, maximum: .tlsv11), trusting())
        #expect(found == .tls("TLS 1.2 or later is required"))
        #expect(found?.requestMayHaveBeenSent == false)
    }

    @Test
    func `a server without TLS is named so`() async throws {
        let reply = try await error(nil, trusting())
        #expect(reply?.requestMayHaveBeenSent == false)
        #expect(["tls", "connect_failed", "connection_lost"].contains(reply?.code ?? ""))
    }
}
