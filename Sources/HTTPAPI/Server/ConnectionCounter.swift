import Synchronization

/// Counts open connections, in all and by address, against the limits.
package final class ConnectionCounter: Sendable {
    private struct Counts {
        var all = 0
        var byNetwork: [String: Int] = [:]  // At most `connectionsMax` entries.
    }

    private let counts = Mutex(Counts())
    private let limits: ServerLimits

    /// Starts with no connection.
    package init(limits: ServerLimits) {
        self.limits = limits
    }

    /// Counts a connection from `address` in; false when a limit is reached.
    package func enter(_ address: String) -> Bool {
        counts.withLock { counts in
            guard counts.all < limits.connectionsMax else { return false }
            if let network = Self.network(address) {
                guard counts.byNetwork[network, default: 0] < limits.connectionsPerAddressMax else {
                    return false
                }
                counts.byNetwork[network, default: 0] += 1
            }
            counts.all += 1
            return true
        }
    }

    /// Counts a connection that was counted in out again.
    package func leave(_ address: String) {
        counts.withLock { counts in
            counts.all -= 1
            guard let network = Self.network(address), let count = counts.byNetwork[network] else { return }
            counts.byNetwork[network] = count > 1 ? count - 1 : nil
        }
    }

    /// How many connections are open.
    package var all: Int {
        counts.withLock { $0.all }
    }

    /// What is counted as one address: IPv4 as it is, IPv6 its /64, since one host has a whole one; nil for
    /// loopback, where the proxy sits.
    ///
    /// - Parameter address: as `inet_ntop` writes it.
    package static func network(_ address: String) -> String? {
        if address.utf8.starts(with: "127.".utf8) || address == "::1" { return nil }
        if address.utf8.starts(with: "::ffff:".utf8), address.utf8.contains(UInt8(ascii: ".")) {
            return network(String(address.dropFirst(7)))
        }
        guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
        let address = address.prefix { $0 != "%" }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = (halves.first ?? "").split(separator: ":").map(String.init)
        if halves.count == 2 {
            let tail = halves[1].split(separator: ":").map(String.init)
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) + tail
        }
        return groups.prefix(4).joined(separator: ":")
    }
}
