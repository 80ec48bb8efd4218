import Glibc
import NIOCore
import NIOPosix

/// Whether the server could listen, or already does.
package enum PortCheck {
    /// What was seen at the address.
    package enum Observation: Hashable, Sendable {
        /// Nobody listens: it could.
        case free
        /// Usher itself answers.
        case usher
        /// Somebody else listens, or something is there that does not answer.
        case taken
        /// It cannot be listened on; says why.
        case refused(String)
    }

    /// What an observation means.
    package static func finding(_ observation: Observation, address: ListenAddress) -> Finding {
        let check = "port"
        return switch observation {
        case .free: .ok(check, "\(address) is free")
        case .usher: .ok(check, "\(address): Usher is running and answers")
        case .taken:
            .problem(
                check,
                "another program listens on \(address)",
                mend: "find it with `ss -ltnp`, stop it, or choose another port in `listen`"
            )
        case .refused(let reason):
            .problem(
                check,
                "\(address) cannot be listened on: \(reason)",
                mend:
                    "use an address of this machine and a port above 1023, or give usher CAP_NET_BIND_SERVICE"
            )
        }
    }

    /// Tries to listen, and asks who is there when that fails.
    /// - Parameter answersHealthily: whether `GET /healthz` at a URL is answered as Usher does.
    package static func observe(
        _ address: ListenAddress,
        answersHealthily: () async -> Bool
    ) async -> Observation {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: Int(address.port)).get()
            try await channel.close()
            return .free
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return await answersHealthily() ? .usher : .taken
        } catch {
            return .refused("\(error)")
        }
    }
}
