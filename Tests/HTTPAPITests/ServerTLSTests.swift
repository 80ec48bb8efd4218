import Domain
import HTTPAPI
import NIOSSL
import Testing
import UsherTesting

@Suite(.timeLimit(.minutes(1))) struct `HTTP server over TLS` {
    private static let get = "GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"

    private func client(_ change: (inout TLSConfiguration) -> Void = { _ in }) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none  // The certificate is trusted by nobody.
        change(&configuration)
        return configuration
    }

    /// What comes back over TLS as `configuration` says; empty when there is no common ground.
    private func answer(_ server: RunningServer, _ configuration: TLSConfiguration) async throws -> String {
        let client = try await RawClient.connect(port: server.port, tls: configuration)
        client.send(Self.get)
        return await client.receiveToEnd()
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func `speaks the versions it should`(_ version: TLSVersion) async throws {
        let configuration = client {
            $0.minimumTLSVersion = version
            $0.maximumTLSVersion = version
            $0.applicationProtocols = ["h2", "http/1.1"]
        }
        try await TestCertificate.withFiles { files in
            try await TestServer(
                tls: files,
                handler: { request in
                    APIResponse(status: request.isSecure ? 200 : 500)
                }
            ).run { server in
                let answer = try await answer(server, configuration)
                #expect(status(answer) == 200)
            }
        }
    }

    @Test(arguments: [TLSVersion.tlsv1, .tlsv11])
    func `does not speak the versions it should not`(_ version: TLSVersion) async throws {
        let configuration = client {
            $0.minimumTLSVersion = .tlsv1
            $0.maximumTLSVersion = version
        }
        try await TestCertificate.withFiles { files in
            try await TestServer(tls: files).run { server in
                let answer = try await answer(server, configuration)
                #expect(answer == "")
            }
        }
    }

    @Test(arguments: [
        NIOTLSCipher.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, .TLS_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ])
    func `takes authenticated ciphers with ephemeral keys only`(_ cipher: NIOTLSCipher) async throws {
        let configuration = client {
            $0.maximumTLSVersion = .tlsv12
            $0.cipherSuiteValues = [cipher]
        }
        try await TestCertificate.withFiles { files in
            try await TestServer(tls: files).run { server in
                let answer = try await answer(server, configuration)
                #expect(answer.isEmpty == (cipher != .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256))
            }
        }
    }

    @Test func `closes on a handshake that stalls`() async throws {
        var limits = ServerLimits()
        limits.headTimeMax = .milliseconds(200)
        try await TestCertificate.withFiles { files in
            try await TestServer(limits, tls: files).run { server in
                let silent = try await server.exchange("")
                let halfway = try await server.exchange("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}")
                #expect(silent + halfway == "")
                try await server.waitForConnections(0)
            }
        }
    }

    @Test func `shows a refusal before it closes`() async throws {
        var limits = ServerLimits()
        limits.lingerTimeMax = .milliseconds(200)
        try await TestCertificate.withFiles { files in
            try await TestServer(limits, tls: files, policy: RequestPolicy(bodyBytesMax: 10)).run { server in
                let client = try await RawClient.connect(port: server.port, tls: client())
                client.send("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 100000\r\n\r\n")
                client.send(String(repeating: "x", count: 50_000))
                let status = await status(client.receiveToEnd())
                #expect(status == 413)
                try await server.waitForConnections(0)
            }
        }
    }

    @Test func `names the file that cannot be used`() async throws {
        let missing = TLSSettings(certificatePath: "/nowhere/certificate.pem", keyPath: "/nowhere/key.pem")
        let error = await #expect(throws: HTTPServerError.self) {
            try await TestServer(tls: missing).run { _ in }
        }
        #expect(error?.code == "certificate_unreadable")
        #expect(error?.description.contains("/nowhere/certificate.pem") == true)
        try await TestCertificate.withFiles { files in
            let swapped = TLSSettings(certificatePath: files.certificatePath, keyPath: files.certificatePath)
            let error = await #expect(throws: HTTPServerError.self) {
                try await TestServer(tls: swapped).run { _ in }
            }
            #expect(error?.code == "key_unreadable")
        }
    }
}
