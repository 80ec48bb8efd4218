package import Domain
import Resilience
package import Signatures
import Synchronization
package import Transport

/// Why a provider's certificate is not at hand: never the sender's fault, so that he must send again.
package enum CertificateStoreError: Error, Hashable, Sendable {
    /// Too many certificates are being asked for.
    case overloaded
    /// It could not be fetched.
    case notFetched
    /// It was fetched, and is not believed.
    case refused(CertificateError)

    /// A bounded set of stable names, fit for metric labels.
    package var code: String {
        switch self {
        case .overloaded: "certificate_overloaded"
        case .notFetched: "certificate_not_fetched"
        case .refused(let error): error.code
        }
    }
}

/// Fetches the certificates that providers sign with, traces each back to an anchor once, and keeps the keys.
///
/// The addresses come from strangers: a scheme has pinned their host before they get here, and every fetch goes out
/// over TLS to a public address, follows no redirect and is bounded in time and size. What can be asked for at all is
/// bounded too, so that made-up addresses cost little:
///
/// | limit | value |
/// |---|---|
/// | keys kept, and failures remembered | 64 each |
/// | a key is kept | until its chain ends, at most 24 h |
/// | a failure is remembered | 30 s |
/// | one fetch | 64 KiB, 5 s |
/// | fetches in a row, then one every 2 s | 16 |
///
/// Fetches of one address at a time are one fetch.
package final class CertificateStore: Sendable {
    /// The most keys, and the most failures, that are kept.
    package static let entriesMax = 64
    /// How long a key is kept at most.
    package static let keptFor = Duration.seconds(86_400)
    /// How long after a failure the next fetch of the same address may go out.
    package static let failureKeptFor = Duration.seconds(30)
    /// The largest certificate file, in bytes.
    package static let bytesMax = 65_536
    /// How long one fetch may take.
    package static let timeout = Duration.seconds(5)
    /// How many fetches may go out at once after a quiet time.
    package static let fetchBurst = 16
    /// How many fetches may go out in the long run.
    package static let fetchesPerSecond = 0.5

    private struct Entry {
        let key: CertifiedKey
        let end: Duration
    }

    private struct Failure {
        let error: CertificateStoreError
        let end: Duration
    }

    private struct State {
        var keys: [CertificateReference: Entry] = [:]
        var failures: [CertificateReference: Failure] = [:]
        var waiting:
            [CertificateReference: [CheckedContinuation<Result<CertifiedKey, CertificateStoreError>, Never>]] =
                [:]
        var fetches: TokenBucket
        var anchors: TrustAnchors?
    }

    private let upstream: Upstream
    private let anchors: @Sendable () -> TrustAnchors
    private let addressPolicy: AddressPolicy
    private let time: Time
    private let state: Mutex<State>

    /// Makes an empty store.
    /// - Parameter anchors: reads the trusted authorities; called once, before the first certificate is checked.
    package init(
        upstream: Upstream,
        anchors: @escaping @Sendable () -> TrustAnchors,
        addressPolicy: AddressPolicy,
        time: Time
    ) {
        self.upstream = upstream
        self.anchors = anchors
        self.addressPolicy = addressPolicy
        self.time = time
        let bucket = TokenBucket(
            ratePerSecond: Self.fetchesPerSecond,
            burst: Self.fetchBurst,
            now: time.elapsed()
        )
        state = Mutex(State(fetches: bucket))
    }

    /// The key of a certificate: at hand, or fetched and checked now.
    package func key(
        of reference: CertificateReference,
        now: Instant
    ) async throws(CertificateStoreError) -> CertifiedKey {
        switch start(reference, now: now) {
        case .known(let result): return try result.get()
        case .wait:
            let result = await withCheckedContinuation { continuation in
                let late = state.withLock { state -> Result<CertifiedKey, CertificateStoreError>? in
                    guard state.waiting[reference] != nil else { return known(reference, now, &state) }
                    state.waiting[reference]?.append(continuation)
                    return nil
                }
                if let late { continuation.resume(returning: late) }
            }
            return try result.get()
        case .fetch:
            let result = await fetched(reference, now: now)
            finish(reference, result)
            return try result.get()
        }
    }

    /// Fetches a URL that a scheme has checked, so that the provider sees that it is wanted; whether it answered 2xx.
    package func confirm(_ url: String) async -> Bool {
        guard takeFetch() == nil else { return false }
        return await get(url) != nil
    }

    // MARK: One fetch at a time

    private enum Start {
        case known(Result<CertifiedKey, CertificateStoreError>)
        case wait
        case fetch
    }

    private func start(_ reference: CertificateReference, now: Instant) -> Start {
        state.withLock { state in
            if let entry = state.keys[reference], entry.end > time.elapsed(), entry.key.isValid(at: now) {
                return .known(.success(entry.key))
            }
            if state.waiting[reference] != nil { return .wait }
            if let failure = state.failures[reference], failure.end > time.elapsed() {
                return .known(.failure(failure.error))
            }
            guard case .taken = state.fetches.take(now: time.elapsed()) else {
                return .known(.failure(.overloaded))
            }
            state.waiting[reference] = []
            return .fetch
        }
    }

    /// What a fetch that ended between the two locks left behind.
    private func known(
        _ reference: CertificateReference,
        _ now: Instant,
        _ state: inout State
    ) -> Result<CertifiedKey, CertificateStoreError> {
        if let entry = state.keys[reference] { return .success(entry.key) }
        return .failure(state.failures[reference]?.error ?? .notFetched)
    }

    private func finish(
        _ reference: CertificateReference,
        _ result: Result<CertifiedKey, CertificateStoreError>
    ) {
        let now = time.elapsed()
        let waiting = state.withLock { state in
            switch result {
            case .success(let key):
                state.failures[reference] = nil
                makeRoom(&state.keys) { $0.end }
                state.keys[reference] = Entry(key: key, end: now + Self.keptFor)
            case .failure(let error):
                makeRoom(&state.failures) { $0.end }
                state.failures[reference] = Failure(error: error, end: now + Self.failureKeptFor)
            }
            return state.waiting.removeValue(forKey: reference) ?? []
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }

    /// Lets the entry go that ends first, once there are as many as are kept.
    private func makeRoom<Value>(
        _ entries: inout [CertificateReference: Value],
        end: (Value) -> Duration
    ) {
        guard entries.count >= Self.entriesMax,
            let oldest = entries.min(by: { end($0.value) < end($1.value) })?.key
        else { return }
        entries[oldest] = nil
    }

    private func takeFetch() -> Duration? {
        state.withLock { state in
            if case .wait(let wait) = state.fetches.take(now: time.elapsed()) { wait } else { nil }
        }
    }

    // MARK: The fetch itself

    private func fetched(
        _ reference: CertificateReference,
        now: Instant
    ) async -> Result<CertifiedKey, CertificateStoreError> {
        guard let pem = await get(reference.url) else { return .failure(.notFetched) }
        do throws(CertificateError) {
            let key = try await CertificateChain.validate(
                pem: pem,
                anchors: trustAnchors(),
                name: reference.name,
                now: now
            )
            return .success(key)
        } catch {
            return .failure(.refused(error))
        }
    }

    /// The body of a 2xx answer that is whole; nil for anything else.
    private func get(_ text: String) async -> [UInt8]? {
        guard let url = try? DestinationURL(text, policy: addressPolicy), url.scheme == .https,
            url.port == 443
        else { return nil }
        let request = OutgoingRequest(
            method: "GET",
            url: url,
            headers: [],
            body: [],
            timeout: Self.timeout,
            responseBytesMax: Self.bytesMax,
            policy: addressPolicy
        )
        guard let response = try? await upstream.send(request), (200..<300).contains(response.status),
            !response.isCut
        else { return nil }
        return response.body
    }

    private func trustAnchors() -> TrustAnchors {
        if let known = state.withLock({ $0.anchors }) { return known }
        let read = anchors()
        state.withLock { $0.anchors = read }
        return read
    }
}
