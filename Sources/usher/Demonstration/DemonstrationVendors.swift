import Domain
import Gateway
import Logging
import Providers
import Sandbox

/// The vendors that the demonstration plays for outgoing calls, each on a port of its own.
struct DemonstrationVendors: Sendable {
    /// The integrations' names, best first within a capability.
    static let cast: [(name: String, provider: APIProvider)] = [
        ("stripe-main", .stripe), ("square-backup", .square), ("twilio", .twilio), ("sendgrid", .sendgrid),
        ("openweathermap", .openWeatherMap), ("weatherapi", .weatherAPI),
    ]

    private struct Member: Sendable {
        let name: String
        let provider: APIProvider
        let server: VendorServer
        let ports: AsyncStream<Int>
    }

    private let members: [Member]

    init(seed: UInt64) {
        members = Self.cast.enumerated().compactMap { index, entry in
            guard let vendor = VendorCatalogue.vendor(entry.provider, settings: VendorSettings()) else {
                return nil
            }
            let (ports, found) = AsyncStream.makeStream(of: Int.self)
            let server = VendorServer(
                FaultyVendor(vendor),
                port: 0,
                seed: seed &+ UInt64(index),
                time: .system,
                logger: .silent,
                send: { _ in nil },
                started: { found.yield($0) }
            )
            return Member(name: entry.name, provider: entry.provider, server: server, ports: ports)
        }
    }

    /// What is to run.
    var servers: [VendorServer] { members.map(\.server) }

    /// Where each listens; waits until all do.
    func places() async -> [DemonstrationVendor] {
        var places: [DemonstrationVendor] = []
        for member in members {
            guard let port = await member.ports.first(where: { _ in true }) else { continue }
            places.append(
                DemonstrationVendor(
                    name: member.name,
                    provider: member.provider,
                    url: "http://127.0.0.1:\(port)",
                    credential: VendorCatalogue.credential(member.provider)
                )
            )
        }
        return places
    }

    /// The server that plays an integration's vendor.
    func server(_ name: String) -> VendorServer? { members.first { $0.name == name }?.server }

    /// What took effect at the vendors of payments, by their names.
    var ledgers: [String: [LedgerEntry]] {
        let payments = members.filter { $0.provider == .stripe || $0.provider == .square }
        return Dictionary(payments.map { ($0.name, $0.server.snapshot.ledger) }) { first, _ in first }
    }
}
