package import Domain
package import Providers
import Resilience
import Transport

/// An object whose bytes are on their way.
package struct ObjectAnswer: Sendable {
    /// The status: 200, or 206 for a range.
    package let status: Int
    /// The answer's fields as they came.
    package let headers: Headers
    /// The announced length of what comes; nil when there is none.
    package let length: Int64?
    /// What the provider says of the object.
    package let facts: ObjectFacts?
    /// The checksum that the bytes are judged by: `sha256`, `md5`; nil judges them by their length.
    package let checksum: String?
    /// The path at the provider.
    package let path: String
    /// The bytes.
    package let body: ObjectTransfer
}

/// Opens objects at providers: speaks the dialect's `storage.download` up to the answer that is the content.
struct ObjectReader: Sendable {
    /// The most requests before the one whose answer is the content.
    static let stepsMax = 4
    /// How long a provider may take for its answer's head.
    static let headTimeout = Duration.seconds(60)
    /// What a body must keep up while the provider is waited for.
    static let rule = ProgressRule(window: .seconds(60), bytesPerWindowMin: 1, timeMax: .seconds(6 * 3_600))
    /// The most of a refusal that is read: 64 KiB.
    static let refusalBytesMax = 65_536

    let ports: CallPorts
    let desk: CallDesk
    let streaming: StreamingUpstream

    /// Opens an object.
    ///
    /// - Parameters:
    ///   - enter: gives the right to send one request.
    ///   - over: told once how many bytes came, and what ended them before their end.
    func open(
        _ input: StorageInput,
        at integration: CallIntegration,
        enter: @Sendable () async throws(ObjectError) -> CallDesk.Passage,
        over: @escaping @Sendable (_ path: String, _ status: Int, _ bytes: Int64, _ error: String?) -> Void
    ) async throws(ObjectError) -> ObjectAnswer {
        let dialect = integration.dialect
        guard dialect.facts.operations.contains(.storageDownload) else { throw .unsupported }
        guard integration.isEnabled else { throw .disabled }
        let now = ports.time.now()
        let attempt = CallAttemptID(now: now, random: ports.random)
        let call = CallID(now: now, random: ports.random)
        let request = CallRequest(
            operation: .storageDownload,
            input: .object(input),
            key: AttemptKey.make(attempt, of: call),
            tag: "\(call)",
            startedAt: now
        )
        var progress = JSONValue.null
        for _ in 0..<Self.stepsMax {
            let outgoing = try outgoing(request, integration, progress)
            let passage = try await enter()
            guard !outgoing.streamsAnswer else {
                return try await open(outgoing, request, integration, progress, passage, over)
            }
            progress = try await ask(outgoing, request, integration, progress, passage)
        }
        throw .failed(CallRunner.endless, status: nil)
    }

    private func outgoing(
        _ request: CallRequest,
        _ integration: CallIntegration,
        _ progress: JSONValue
    ) throws(ObjectError) -> ProviderRequest {
        do throws(CallInputError) {
            try integration.dialect.check(request)
            return try integration.dialect.next(
                request,
                integration.account,
                progress: progress,
                now: ports.time.now()
            )
        } catch {
            throw .input(error)
        }
    }

    /// A question before the content; gives the progress that its answer leads to.
    private func ask(
        _ outgoing: ProviderRequest,
        _ request: CallRequest,
        _ integration: CallIntegration,
        _ progress: JSONValue,
        _ passage: CallDesk.Passage
    ) async throws(ObjectError) -> JSONValue {
        let began = ports.time.elapsed()
        let exchange = await ProviderLine(ports: ports).send(outgoing, to: integration)
        let latency = ports.time.elapsed() - began
        switch exchange {
        case .nothing(let failure, _):
            desk.ended(passage, failure.health, latency: latency, news: [])
            throw .failed(failure, status: nil)
        case .answer(let answer):
            let verdict = integration.dialect.read(answer, request, integration.account, progress: progress)
            let news = integration.dialect.limits(in: answer)
            desk.ended(passage, verdict.health, latency: latency, news: news)
            guard case .goOn(let next) = verdict else { throw Self.error(verdict, answer.status) }
            return next
        }
    }

    private func open(
        _ outgoing: ProviderRequest,
        _ request: CallRequest,
        _ integration: CallIntegration,
        _ progress: JSONValue,
        _ passage: CallDesk.Passage,
        _ over: @escaping @Sendable (_ path: String, _ status: Int, _ bytes: Int64, _ error: String?) -> Void
    ) async throws(ObjectError) -> ObjectAnswer {
        let began = ports.time.elapsed()
        let path = URLPath.of(outgoing.url)
        let response: StreamedResponse
        do {
            response = try await ProviderLine(ports: ports).open(outgoing, to: integration, over: streaming)
        } catch {
            desk.ended(passage, error.failure.health, latency: ports.time.elapsed() - began, news: [])
            throw .failed(error.failure, status: nil)
        }
        let latency = ports.time.elapsed() - began
        let isGiven = (200...299).contains(response.status)
        let answer = ProviderAnswer(
            status: response.status,
            headers: response.headers,
            body: isGiven ? [] : await Self.refusal(response.body),
            at: ports.time.now()
        )
        let verdict = integration.dialect.read(answer, request, integration.account, progress: progress)
        let news = integration.dialect.limits(in: answer)
        guard case .succeeded = verdict, isGiven else {
            response.body.cancel()
            desk.ended(passage, verdict.health, latency: latency, news: news)
            throw Self.error(verdict, response.status)
        }
        desk.answered(passage, .ok, latency: latency)
        let facts = integration.dialect.object(in: answer, request, progress: progress)
        let length = Self.length(response.headers)
        let check = ObjectCheck(length: length, response.status == 200 ? facts : nil)
        let desk = desk
        let transfer = ObjectTransfer(
            response.body,
            check,
            id: ContentID(now: answer.at, random: ports.random)
        ) { bytes, error in
            desk.left(passage, .ok, news: news)
            over(path, answer.status, bytes, error)
        }
        return ObjectAnswer(
            status: response.status,
            headers: response.headers,
            length: length,
            facts: facts,
            checksum: check.name,
            path: path,
            body: transfer
        )
    }

    private static func refusal(_ body: StreamedResponseBody) async -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < refusalBytesMax, let piece = try? await body.next() {
            bytes += piece.prefix(refusalBytesMax - bytes.count)
        }
        return bytes
    }

    private static func error(_ verdict: CallVerdict, _ status: Int) -> ObjectError {
        switch verdict {
        case .refused(let failure), .notApplied(let failure), .inDoubt(let failure):
            .failed(failure, status: status)
        case .succeeded, .goOn, .wait: .failed(CallRunner.endless, status: status)
        }
    }

    private static func length(_ headers: Headers) -> Int64? {
        let lengths = headers.values("content-length")
        guard lengths.count == 1, headers.first("transfer-encoding") == nil, let length = Int64(lengths[0]),
            length >= 0
        else { return nil }
        return length
    }
}

/// The path of a URL, without what it is signed with.
enum URLPath {
    static func of(_ url: String) -> String {
        let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
        let path = rest.drop { $0 != "/" }.prefix { $0 != "?" }
        return path.isEmpty ? "/" : String(path)
    }
}
