package import Domain
import NIOCore
import NIOPosix
import Transport

/// Whether a destination can be reached from here: its URL is allowed, its name resolves, something listens.
package enum DestinationCheck {
    /// How long connecting may take.
    package static let timeout = Duration.seconds(5)

    /// What was seen of one URL.
    package enum Observation: Hashable, Sendable {
        /// A connection was made.
        case reachable
        /// The URL is not allowed; says why.
        case refused(String)
        /// The name leads nowhere.
        case unresolvable
        /// No connection; says why.
        case unreachable(String)
    }

    /// What an observation means.
    package static func finding(_ observation: Observation, name: ResourceName, url: String) -> Finding {
        let check = "destination \(name)"
        return switch observation {
        case .reachable: .ok(check, "\(url) is reachable")
        case .refused(let reason):
            .problem(
                check,
                "\(url) is not allowed: \(reason)",
                mend: "use a public https URL, or set `allow_private: true` when it is on your own network"
            )
        case .unresolvable:
            .problem(
                check,
                "the host of \(url) has no address",
                mend: "check the spelling and this machine's DNS"
            )
        case .unreachable(let reason):
            .warning(
                check,
                "\(url) does not take connections: \(reason)",
                mend:
                    "start the application, or open the firewall; until then events wait and are tried again"
            )
        }
    }

    /// Connects to a URL and closes the connection; nothing is sent.
    package static func observe(_ url: String, allowPrivate: Bool) async -> Observation {
        let policy = AddressPolicy(allowPrivate: allowPrivate)
        let target: DestinationURL
        do {
            target = try DestinationURL(url, policy: policy)
        } catch {
            return .refused("\(error)")
        }
        let addresses: [IPAddress]
        switch target.host {
        case .address(let address): addresses = [address]
        case .name(let name):
            guard let found = await resolve(name), !found.isEmpty else { return .unresolvable }
            addresses = found
        }
        for address in addresses {
            if let rule = policy.refusal(of: address, port: target.port) { return .refused(rule) }
        }
        return await connect(addresses, port: target.port)
    }

    private static func resolve(_ name: String) async -> [IPAddress]? {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let found = try? await NameResolver.system(threads: threads).lookUp(name, loop).get()
        try? await threads.shutdownGracefully()
        return found
    }

    private static func connect(_ addresses: [IPAddress], port: Int) async -> Observation {
        var reason = ""
        for address in addresses {
            do {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(.nanoseconds(timeout.microseconds * 1_000))
                    .connect(host: address.description, port: port).get()
                try await channel.close()
                return .reachable
            } catch {
                reason = "\(error)"
            }
        }
        return .unreachable(reason)
    }
}
