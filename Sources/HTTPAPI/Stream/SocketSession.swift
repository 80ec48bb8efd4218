import Access
import Domain
import Synchronization
import Telemetry

/// One client of the live stream over a WebSocket: each signal is a text message; `{"subscribe": {…}}` changes which.
final class SocketSession: Sendable {
    private let watch: SignalWatch
    private let scope: AccessScope
    private let gap: StreamGap
    private let filter: Mutex<SignalFilter>

    init(_ watch: SignalWatch, _ filter: SignalFilter, _ scope: AccessScope, _ gap: StreamGap) {
        self.watch = watch
        self.scope = scope
        self.gap = gap
        self.filter = Mutex(filter)
    }

    /// What the connection does.
    func socket(key: String) -> ResponseSocket {
        ResponseSocket(
            key: key,
            received: { self.received($0) },
            produce: { await self.produce($0) }
        )
    }

    /// The names that a subscription may have.
    private static let names = ["kinds", "wedding", "vendor", "subject", "last_event_id"]

    private func received(_ text: [UInt8]) -> SocketClose? {
        guard let message = try? JSONParser.parse(text), message.object?.count == 1,
            let wanted = message["subscribe"]?.object
        else { return SocketClose(1008, "send {\"subscribe\": {...}} and nothing else") }
        for member in wanted {
            guard Self.names.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }),
                member.value.string != nil || member.name == "kinds" && member.value.array != nil
            else {
                return SocketClose(1008, "a subscription has kinds, wedding, vendor, subject, last_event_id")
            }
        }
        do {
            let request = try StreamRequest(scope) { Self.text($0, message["subscribe"]) }
            filter.withLock { $0 = request.filter }
            watch.change(to: request.filter, after: request.place)
            return nil
        } catch {
            return SocketClose(1008, error.code)
        }
    }

    /// A member as text: a list of kinds as the query has it.
    private static func text(_ name: String, _ wanted: JSONValue?) -> String? {
        guard let elements = wanted?[name]?.array else { return wanted?[name]?.string }
        return elements.map { $0.string ?? "" }.joined(separator: ",")
    }

    private func produce(_ sink: ResponseSocket.Sink) async -> SocketClose {
        var gaps = 0
        while let batch = await watch.next() {
            var messages: [[UInt8]] = []
            if batch.loss != nil {
                gaps += 1
                let filter = filter.withLock { $0 }
                messages.append(await gap.document(batch, filter, scope).serialized())
            }
            for signal in batch.signals { messages.append(signal.encoded.json) }
            guard !messages.isEmpty else { continue }
            do {
                try await sink.send(messages)
            } catch {
                return .goingAway  // Nobody hears it.
            }
            guard gaps < StreamLimits.gapsMax else {
                return SocketClose(1013, "too slow for what is asked for")
            }
        }
        return .goingAway
    }
}
