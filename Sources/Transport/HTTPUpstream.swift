import AsyncHTTPClient
package import Domain
package import NIOCore
import NIOHTTP1
package import NIOSSL

/// Sends HTTP requests into the open internet, and nowhere else.
///
/// For each request: check the URL again, resolve the name (answers are kept for seconds), check **every** address,
/// connect only to a checked one with the name in `Host`, SNI and the certificate's check. No redirects, no proxies
/// from the environment, no decompression, HTTP/1.1, TLS 1.2 or later with full verification. Connections are kept
/// and used again. Up to `addressesTriedMax` addresses are tried, but only while nothing has left.
///
/// `shutdown()` must be called before it is let go.
package final class HTTPUpstream: Sendable {
    /// The limits of an upstream.
    package struct Configuration: Sendable {
        /// How long one connection may take, TLS handshake included.
        package var connectTimeout = Duration.seconds(5)
        /// How long an unused connection is kept.
        ///
        /// Shorter than the 5 s after which Node.js and uvicorn hang up: a request that meets the hang-up half-way
        /// is lost and nobody knows whether it was seen.
        package var idleTimeout = Duration.seconds(4)
        /// The most connections to one address of one destination; more requests wait for one.
        package var connectionsMax = 256
        /// The most (destination, address) pairs with connections.
        package var clientsMax = 512
        /// How long looking up a name may take.
        package var lookUpTimeout = Duration.seconds(5)
        /// How long the addresses of a name are used again; every one is checked at each use.
        package var addressesKeptFor = Duration.seconds(5)
        /// Certificate authorities trusted besides the system's: an operator's own.
        package var additionalRoots: [NIOSSLCertificate] = []

        /// Makes the defaults above.
        package init() {}

        var tls: TLSConfiguration {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.minimumTLSVersion = .tlsv12
            tls.certificateVerification = .fullVerification
            tls.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
            if !additionalRoots.isEmpty { tls.additionalTrustRoots = [.certificates(additionalRoots)] }
            return tls
        }
    }

    /// The most addresses of one name that are tried for one request.
    package static let addressesTriedMax = 3

    private let group: any EventLoopGroup
    let time: Time
    private let book: AddressBook
    let pool: ClientPool

    /// Makes an upstream without connections on the threads of `group`.
    package init(
        group: any EventLoopGroup,
        time: Time,
        resolver: NameResolver,
        configuration: Configuration = Configuration()
    ) {
        self.group = group
        self.time = time
        book = AddressBook(
            resolver: resolver,
            time: time,
            keptFor: configuration.addressesKeptFor,
            patience: configuration.lookUpTimeout
        )
        pool = ClientPool(group: group, configuration: configuration)
    }

    /// This upstream as a port.
    package var upstream: Upstream {
        Upstream { request async throws(TransportError) in try await self.send(request) }
    }

    /// The (destination, address) pairs that connections are kept for, at most `Configuration.clientsMax`.
    package var clients: Int { pool.count }

    /// Ends all connections; requests on their way and later ones fail with `cancelled`.
    package func shutdown() async {
        await pool.shutdown()
    }

    /// Sends one request; see `Upstream.send`.
    package func send(_ request: OutgoingRequest) async throws(TransportError) -> OutgoingResponse {
        let end = time.elapsed() + request.timeout
        let fields = try requestFields(request.method, request.url, request.headers)
        var failure = TransportError.unresolvable
        let addresses = try await addresses(of: request.url, request.policy, end: end)
        for address in addresses.prefix(Self.addressesTriedMax) {
            let left = end - time.elapsed()
            guard left > .zero else { throw .timedOut(sent: false) }
            do throws(TransportError) {
                return try await send(request, fields, to: address, within: left)
            } catch {
                guard case .connectFailed = error else { throw error }
                failure = error
            }
        }
        throw failure
    }

    /// The addresses a request to `url` may connect to: all that the name has, each of them checked.
    func addresses(
        of url: DestinationURL,
        _ policy: AddressPolicy,
        end: Duration
    ) async throws(TransportError) -> [IPAddress] {
        do throws(DestinationURLError) {
            try url.check(policy)
        } catch {
            if case .refusedAddress(let rule) = error { throw .refusedAddress(rule: rule) }
            throw .refusedAddress(rule: error.code)
        }
        let addresses: [IPAddress]
        switch url.host {
        case .address(let address): addresses = [address]
        case .name(let name): addresses = try await resolve(name, within: end - time.elapsed())
        }
        for address in addresses {
            if let rule = policy.refusal(of: address, port: url.port) {
                throw .refusedAddress(rule: rule)
            }
        }
        return addresses
    }

    private func resolve(_ name: String, within left: Duration) async throws(TransportError) -> [IPAddress] {
        if let known = book.known(name) { return known }
        let loop = group.next()
        let answer = loop.makePromise(of: [IPAddress].self)
        let alarm = loop.scheduleTask(in: TimeAmount(left)) { answer.fail(TimeIsUp()) }
        answer.completeWith(book.lookUp(name, on: loop))
        defer { alarm.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.fail(CancellationError())
            }
        } catch {
            throw TransportError(cause: error, sent: false)
        }
    }

    private func send(
        _ request: OutgoingRequest,
        _ fields: HTTPHeaders,
        to address: IPAddress,
        within left: Duration
    ) async throws(TransportError) -> OutgoingResponse {
        let url = request.url
        let key = pool.key(of: url, at: address)
        let client = try pool.take(key)
        defer { pool.giveBack(key) }
        let exchange = Exchange(hasBody: !request.body.isEmpty, bodyBytesMax: request.responseBytesMax)
        do {
            var message = try client.request(request.method, to: url)
            message.headers = fields
            if !request.body.isEmpty { message.body = exchange.body(request.body) }
            let task = client.client.execute(request: message, delegate: exchange)
            let alarm = client.loop.scheduleTask(in: TimeAmount(left)) { task.fail(reason: TimeIsUp()) }
            defer { alarm.cancel() }
            return try await withTaskCancellationHandler {
                try await task.futureResult.get()
            } onCancel: {
                task.cancel()
            }
        } catch is Exchange.BodyCut {
            return exchange.response
        } catch {
            throw TransportError(cause: error, sent: exchange.isSent)
        }
    }
}
