import Synchronization

extension StreamedResponseBody {
    /// Makes a body that is there already.
    package convenience init(whole bytes: [UInt8]) {
        let rest = WholeBody(bytes)
        self.init(take: { () async throws(TransportError) in rest.take() }, abandon: { _ = rest.take() })
    }
}

private final class WholeBody: Sendable {
    private let bytes: Mutex<[UInt8]>

    init(_ bytes: [UInt8]) {
        self.bytes = Mutex(bytes)
    }

    func take() -> [UInt8]? {
        bytes.withLock { bytes in
            guard !bytes.isEmpty else { return nil }
            defer { bytes = [] }
            return bytes
        }
    }
}
