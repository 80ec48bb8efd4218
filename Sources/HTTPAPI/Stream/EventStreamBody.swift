import Access
import Domain
import Telemetry

/// Writes signals as server-sent events (the HTML standard, section 9.2), until the client goes or the server stops.
struct EventStreamBody {
    let watch: SignalWatch
    let filter: SignalFilter
    /// Whether only the latest signal of each kind is sent, at most once in `StreamLimits.briefEvery`.
    let isBrief: Bool
    let scope: AccessScope
    let gap: StreamGap
    let time: Time

    func produce(_ sink: ResponseStream.Sink) async throws {
        try await sink.write(Array("retry: \(StreamLimits.retryMilliseconds)\n\n".utf8))
        var writtenAt = time.elapsed()
        var gaps = 0
        let limit = isBrief ? SignalHub.busyKeptMax : SignalWatch.batchMax
        while let batch = await watch.next(limit: limit) {
            var bytes: [UInt8] = []
            if batch.loss != nil {
                gaps += 1
                bytes += await lost(batch)
            }
            let signals = isBrief ? Self.latest(batch.signals) : batch.signals
            bytes.reserveCapacity(bytes.count + signals.count * Self.usualBytes)
            for signal in signals { Self.add(signal, to: &bytes) }
            if bytes.isEmpty {
                guard time.elapsed() - writtenAt >= StreamLimits.heartbeatAfter else { continue }
                // An id without data is kept by the client and shown to nobody: what its filter leaves out is not asked for
                // again.
                bytes = Array(": alive\nid: \(batch.place)\n\n".utf8)
            }
            try await sink.write(bytes)
            writtenAt = time.elapsed()
            guard gaps < StreamLimits.gapsMax else { return }
            if isBrief { try? await time.sleep(StreamLimits.briefEvery) }
        }
    }

    private func lost(_ batch: SignalWatch.Batch) async -> [UInt8] {
        let document = await gap.document(batch, filter, scope)
        return Array("id: \(batch.place)\nevent: gap\ndata: ".utf8) + document.serialized() + [0x0A, 0x0A]
    }

    /// The last of each kind, in order.
    private static func latest(_ signals: [KeptSignal]) -> [KeptSignal] {
        var seen: SignalKinds = []
        return signals.reversed().filter { seen.insert(SignalKinds($0.kind)).inserted }.reversed()
    }

    /// Room for most signals with what frames them.
    private static let usualBytes = 448

    private static func add(_ signal: KeptSignal, to bytes: inout [UInt8]) {
        let encoded = signal.encoded
        bytes += "id: ".utf8
        bytes += encoded.place
        bytes += "\nevent: ".utf8
        bytes += signal.kind.rawValue.utf8
        bytes += "\ndata: ".utf8
        bytes += encoded.json
        bytes += [0x0A, 0x0A]
    }
}
