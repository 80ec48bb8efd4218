import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// One destination at one checked address: what a connection is kept for.
struct ClientKey: Hashable, Sendable {
    let scheme: DestinationURL.Scheme
    let host: DestinationURL.Host
    let port: Int
    let address: IPAddress
    /// The event loop that asks, on which its client is then; nil for those who run elsewhere and share one.
    let loop: ObjectIdentifier?
}

/// An HTTP client that can connect to exactly one address, on one event loop.
///
/// The name stays in `Host`, SNI and the certificate's check; only the address is fixed (`dnsOverride`). One loop,
/// so that connection and request never hop between threads.
final class PinnedClient: Sendable {
    let client: HTTPClient
    let loop: any EventLoop
    private let template = Mutex<Template?>(nil)

    private struct Template: Sendable {
        let method: String
        let url: DestinationURL
        let request: HTTPClient.Request
    }

    init(key: ClientKey, loop: any EventLoop, configuration: HTTPUpstream.Configuration) {
        var client = HTTPClient.Configuration(
            tlsConfiguration: configuration.tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(configuration.connectTimeout)),
            connectionPool: .init(
                idleTimeout: TimeAmount(configuration.idleTimeout),
                concurrentHTTP1ConnectionsPerHostSoftLimit: configuration.connectionsMax
            ),
            decompression: .disabled
        )
        client.httpVersion = .http1Only
        client.connectionPool.retryConnectionEstablishment = false
        if case .name(let name) = key.host { client.dnsOverride = [name: key.address.description] }
        self.loop = loop
        self.client = HTTPClient(eventLoopGroup: loop, configuration: client)
    }

    /// The request to `url`, with nothing but the URL in it; the last one is kept, because taking a URL apart costs
    /// more than the rest of a request.
    func request(_ method: String, to url: DestinationURL) throws -> HTTPClient.Request {
        if let known = template.withLock({ $0 }), known.method == method, known.url == url {
            return known.request
        }
        let request = try HTTPClient.Request(url: url.text, method: .init(rawValue: method))
        template.withLock { $0 = Template(method: method, url: url, request: request) }
        return request
    }
}

/// The clients in use and those used lately, at most `clientsMax`; the one idle for longest makes room.
final class ClientPool: Sendable {
    private struct Entry: Sendable {
        let client: PinnedClient
        var inFlight: Int
        var lastUsed: UInt64
    }

    private struct State: Sendable {
        var entries: [ClientKey: Entry] = [:]
        var uses: UInt64 = 0
        var isClosed = false
    }

    private let group: any EventLoopGroup
    private let loops: [ObjectIdentifier: any EventLoop]
    private let configuration: HTTPUpstream.Configuration
    private let state = Mutex(State())

    init(group: any EventLoopGroup, configuration: HTTPUpstream.Configuration) {
        self.group = group
        self.configuration = configuration
        loops = Dictionary(group.makeIterator().map { (ObjectIdentifier($0), $0) }) { first, _ in first }
    }

    /// What the client of a destination is known by to who asks on this thread.
    func key(of url: DestinationURL, at address: IPAddress) -> ClientKey {
        let current = MultiThreadedEventLoopGroup.currentEventLoop.map { ObjectIdentifier($0) }
        return ClientKey(
            scheme: url.scheme,
            host: url.host,
            port: url.port,
            address: address,
            loop: current.flatMap { loops[$0] == nil ? nil : $0 }
        )
    }

    /// How many clients there are.
    var count: Int { state.withLock { $0.entries.count } }

    /// A client for `key`, to be given back; fails when all are busy or the pool is closed.
    func take(_ key: ClientKey) throws(TransportError) -> PinnedClient {
        let (client, evicted) = try state.withLock {
            state throws(TransportError) -> (PinnedClient, PinnedClient?) in
            guard !state.isClosed else { throw .cancelled(sent: false) }
            state.uses += 1
            if var entry = state.entries[key] {
                entry.inFlight += 1
                entry.lastUsed = state.uses
                state.entries[key] = entry
                return (entry.client, nil)
            }
            var evicted: PinnedClient?
            if state.entries.count >= configuration.clientsMax {
                let idle = state.entries.filter { $0.value.inFlight == 0 }
                guard let oldest = idle.min(by: { $0.value.lastUsed < $1.value.lastUsed }) else {
                    throw .overloaded
                }
                evicted = state.entries.removeValue(forKey: oldest.key)?.client
            }
            let loop = key.loop.flatMap { loops[$0] } ?? group.next()
            let client = PinnedClient(key: key, loop: loop, configuration: configuration)
            state.entries[key] = Entry(client: client, inFlight: 1, lastUsed: state.uses)
            return (client, evicted)
        }
        evicted?.client.shutdown { _ in }
        return client
    }

    /// Gives a client back that `take` handed out.
    func giveBack(_ key: ClientKey) {
        state.withLock { $0.entries[key]?.inFlight -= 1 }
    }

    /// Ends every connection and refuses new ones; requests on their way fail.
    func shutdown() async {
        let clients = state.withLock { state in
            state.isClosed = true
            defer { state.entries = [:] }
            return state.entries.values.map(\.client)
        }
        for client in clients {
            // The only error is "already shut down", which is what is wanted.
            try? await client.client.shutdown()
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        self = .microseconds(duration.microseconds)
    }
}
