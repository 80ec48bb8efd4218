import Domain
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport

/// Attacks 28 to 42 at use: what a name leads to is judged every time, whatever was saved.
@Suite(.timeLimit(.minutes(1)))
struct AddressGuardTests {
    private static let publicAddress = "93.184.215.14"

    private func send(
        _ addresses: [String],
        policy: AddressPolicy = .publicOnly
    ) async throws -> (error: TransportError?, connections: Int) {
        var outcome: (TransportError?, Int) = (nil, 0)
        try await TestServer.run(resolver: .fixed(addresses), reply: HTTPUpstreamTests.ok) {
            server,
            upstream in
            let request = try server.request(scheme: "https", policy: policy)
            do throws(TransportError) {
                _ = try await upstream.send(request)
            } catch {
                outcome = (error, server.connections)
            }
        }
        return outcome
    }

    @Test(arguments: [
        "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001::1",
        "127.0.0.1",
        "127.0.0.53", "0.0.0.0", "10.0.0.1", "172.20.0.1", "192.168.1.1", "100.64.1.1", "::1", "::",
        "fe80::1", "fc00::1",
        "fec0::1", "ff02::1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "198.18.0.1", "192.0.2.1",
        "240.0.0.1",
        "::127.0.0.1", "::ffff:0:7f00:1",
    ])
    func `a name that leads inside is refused`(address: String) async throws {
        let outcome = try await send([address])
        #expect(outcome.error?.code == "refused_address")
        #expect(outcome.error?.requestMayHaveBeenSent == false)
        #expect(outcome.connections == 0)
    }

    /// Attack 36.
    @Test(arguments: [
        [publicAddress, "10.0.0.1"], ["10.0.0.1", publicAddress],
        [publicAddress, publicAddress, publicAddress, "::1"],
    ])
    func `one private address among public ones refuses them all`(addresses: [String]) async throws {
        let outcome = try await send(addresses)
        #expect(outcome.error?.code == "refused_address")
        #expect(outcome.connections == 0)
    }

    @Test(arguments: ["169.254.169.254", "fe80::1", "0.0.0.0", "fd00:ec2::254"])
    func `metadata and link-local are refused for private destinations too`(address: String) async throws {
        let outcome = try await send(["127.0.0.1", address], policy: AddressPolicy(allowPrivate: true))
        #expect(outcome.error?.code == "refused_address")
        #expect(outcome.connections == 0)
    }

    @Test
    func `Usher's own address is refused`() async throws {
        let own = try #require(IPAddress(Self.publicAddress))
        try await TestServer.run(resolver: .fixed([Self.publicAddress]), reply: HTTPUpstreamTests.ok) {
            server,
            upstream in
            let policy = AddressPolicy(
                allowPrivate: false,
                ownEndpoints: [ListenEndpoint(address: own, port: server.port)],
                ownHosts: ["own.example"]
            )
            let byAddress = try server.request(scheme: "https", policy: policy)
            await #expect(throws: TransportError.refusedAddress(rule: "own-address")) {
                try await upstream.send(byAddress)
            }
            let byName = try server.request(scheme: "https", host: "own.example", policy: policy)
            await #expect(throws: TransportError.refusedAddress(rule: "own-host")) {
                try await upstream.send(byName)
            }
        }
    }

    @Test
    func `a literal address is judged at use`() async throws {
        try await TestServer.run(reply: HTTPUpstreamTests.ok) { server, upstream in
            let request = try server.request(scheme: "https", host: "127.0.0.1", policy: .publicOnly)
            await #expect(throws: TransportError.refusedAddress(rule: "loopback")) {
                try await upstream.send(request)
            }
            let plain = try server.request(policy: .publicOnly)
            await #expect(throws: TransportError.refusedAddress(rule: "url_plain_http")) {
                try await upstream.send(plain)
            }
            #expect(server.connections == 0)
        }
    }

    /// Attack 37: what the name server says next is judged next; what was connected to is what was judged.
    @Test
    func `rebinding meets the same guard`() async throws {
        let turn = Atomic<Int>(0)
        let resolver = NameResolver { _, loop in
            let isFirst = turn.wrappingAdd(1, ordering: .relaxed).oldValue == 0
            return loop.makeSucceededFuture(
                [IPAddress(isFirst ? "127.0.0.1" : "169.254.169.254")].compactMap { $0 }
            )
        }
        var configuration = HTTPUpstream.Configuration()
        configuration.addressesKeptFor = .zero
        try await TestServer.run(
            configuration: configuration,
            resolver: resolver,
            reply: HTTPUpstreamTests.ok
        ) {
            server,
            upstream in
            let request = try server.request()
            #expect(try await upstream.send(request).status == 200)
            #expect(turn.load(ordering: .relaxed) == 1)
            await #expect(throws: TransportError.refusedAddress(rule: "link-local")) {
                try await upstream.send(request)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test
    func `addresses are used again for their time and no longer`() async throws {
        let clock = Mutex(Duration.zero)
        let time = Time(now: { Instant(seconds: 0) }, elapsed: { clock.withLock { $0 } }, sleep: { _ in })
        let turns = Atomic<Int>(0)
        let resolver = NameResolver { _, loop in
            turns.wrappingAdd(1, ordering: .relaxed)
            return loop.makeSucceededFuture([IPAddress(ipv4: 0x7F00_0001)])
        }
        try await TestServer.run(resolver: resolver, time: time, reply: HTTPUpstreamTests.ok) {
            server,
            upstream in
            let request = try server.request()
            for _ in 1...3 { _ = try await upstream.send(request) }
            clock.withLock { $0 = .seconds(5) - .nanoseconds(1) }
            _ = try await upstream.send(request)
            #expect(turns.load(ordering: .relaxed) == 1)
            clock.withLock { $0 = .seconds(5) }
            _ = try await upstream.send(request)
            #expect(turns.load(ordering: .relaxed) == 2)
            let strict = try server.request(scheme: "https", policy: .publicOnly)
            await #expect(throws: TransportError.refusedAddress(rule: "loopback")) {
                try await upstream.send(strict)
            }
        }
    }

    @Test
    func `a name that leads nowhere is unresolvable`() async throws {
        #expect(try await send([]).error == .unresolvable)
        let many = (0..<65).map { "1.1.1.\($0)" }
        #expect(try await send(many).error == .unresolvable)
    }

    @Test
    func `a name server that says nothing costs no more than its time`() async throws {
        let silent = NameResolver { _, loop in loop.makePromise(of: [IPAddress].self).neverAnswered() }
        var configuration = HTTPUpstream.Configuration()
        configuration.lookUpTimeout = .milliseconds(50)
        try await TestServer.run(configuration: configuration, resolver: silent, reply: HTTPUpstreamTests.ok)
        {
            server,
            upstream in
            let patient = try server.request()
            await #expect(throws: TransportError.unresolvable) { try await upstream.send(patient) }
            let hasty = try server.request(host: "other.example", timeout: .milliseconds(10))
            await #expect(throws: TransportError.timedOut(sent: false)) { try await upstream.send(hasty) }
        }
    }

    @Test
    func `the system's resolver finds the loopback`() async throws {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        try await TestServer.run(resolver: .system(threads: threads), reply: HTTPUpstreamTests.ok) {
            server,
            upstream in
            let request = try server.request(host: "localhost")
            #expect(try await upstream.send(request).status == 200)
            let missing = try server.request(host: "does-not-exist.invalid")
            await #expect(throws: TransportError.unresolvable) { try await upstream.send(missing) }
        }
        try await threads.shutdownGracefully()
    }
}

extension EventLoopPromise {
    /// A future that is answered only when the loop ends, long after anybody asked.
    fileprivate func neverAnswered() -> EventLoopFuture<Value> {
        futureResult.eventLoop.scheduleTask(in: .seconds(1)) { self.fail(ChannelError.eof) }
        return futureResult
    }
}
