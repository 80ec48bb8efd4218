import Domain
import NIOCore
import Synchronization

/// Remembers for a few seconds which addresses a name has, and asks once for all who wait for the same name.
///
/// It holds answers, not judgements: whoever takes addresses from here checks every one of them every time. Failed
/// look-ups are not remembered.
final class AddressBook: Sendable {
    /// The most names remembered.
    static let namesMax = 4_096
    /// The most look-ups that run at a time; a thread that hangs in one keeps its place.
    static let lookUpsMax = 64
    /// The most addresses a name may have: each is checked, so somebody has to stop.
    static let addressesMax = 64

    private struct Known: Sendable {
        let addresses: [IPAddress]
        let until: Duration
    }

    private struct State: Sendable {
        var known: [String: Known] = [:]
        var pending: [String: EventLoopFuture<[IPAddress]>] = [:]
        var lookUps = 0
    }

    private let resolver: NameResolver
    private let time: Time
    private let keptFor: Duration
    private let patience: Duration
    private let state = Mutex(State())

    init(resolver: NameResolver, time: Time, keptFor: Duration, patience: Duration) {
        self.resolver = resolver
        self.time = time
        self.keptFor = keptFor
        self.patience = patience
    }

    /// The addresses of `host` when they are known.
    func known(_ host: String) -> [IPAddress]? {
        let now = time.elapsed()
        return state.withLock { state in
            guard let known = state.known[host], now < known.until else { return nil }
            return known.addresses
        }
    }

    /// Asks for the addresses of `host`; fails with a `TransportError`.
    func lookUp(_ host: String, on loop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        let answer = loop.makePromise(of: [IPAddress].self)
        let joined = state.withLock { state -> EventLoopFuture<[IPAddress]>? in
            if let pending = state.pending[host] { return pending }
            guard state.lookUps < Self.lookUpsMax else {
                return loop.makeFailedFuture(TransportError.overloaded)
            }
            state.lookUps += 1
            state.pending[host] = answer.futureResult
            return nil
        }
        if let joined {
            answer.completeWith(joined)
            return answer.futureResult
        }
        let alarm = loop.scheduleTask(in: TimeAmount(patience)) { answer.fail(TransportError.unresolvable) }
        answer.futureResult.whenComplete { result in
            alarm.cancel()
            self.answered(host, with: try? result.get())
        }
        resolver.lookUp(host, loop).whenComplete { result in
            self.state.withLock { $0.lookUps -= 1 }
            guard let addresses = try? result.get(), (1...Self.addressesMax).contains(addresses.count) else {
                return answer.fail(TransportError.unresolvable)
            }
            answer.succeed(addresses)
        }
        return answer.futureResult
    }

    private func answered(_ host: String, with addresses: [IPAddress]?) {
        let now = time.elapsed()
        state.withLock { state in
            state.pending[host] = nil
            guard let addresses, keptFor > .zero else { return }
            if state.known.count >= Self.namesMax {
                state.known = state.known.filter { now < $0.value.until }
            }
            guard state.known.count < Self.namesMax else { return }
            state.known[host] = Known(addresses: addresses, until: now + keptFor)
        }
    }
}
