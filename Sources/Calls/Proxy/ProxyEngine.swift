package import Domain
import Logging
import Providers
import Resilience
import ServiceLifecycle
import Storage
import Synchronization
package import Transport

/// One request of a provider's own SDK, before anything of it is judged.
package struct ProxyCall: Sendable {
    /// The method, upper case.
    package var method: String
    /// The path below the integration's base URL, percent-encoded as it was sent; starts with `/`.
    package var path: String
    /// What stood after the `?`, as it was sent.
    package var query: String
    /// All fields.
    package var headers: Headers
    /// The body; nil for none.
    package var body: StreamedRequest.Body?
    /// The wedding it is for.
    package var wedding: WeddingID?
    /// How urgent it is; nil leaves that to the wedding.
    package var priority: Priority?

    /// Collects the parts.
    package init(
        method: String,
        path: String,
        query: String = "",
        headers: Headers = Headers(),
        body: StreamedRequest.Body? = nil,
        wedding: WeddingID? = nil,
        priority: Priority? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.wedding = wedding
        self.priority = priority
    }
}

/// What a provider answered to a request through the proxy, its body still on the way.
package struct ProxyAnswer: Sendable {
    /// What it is listed under.
    package let id: ProxyCallID
    /// The status, 200 to 599.
    package let status: Int
    /// The fields that go back.
    package let headers: [Headers.Field]
    /// The announced length of the body; nil when there is none.
    package let length: Int64?
    /// The version that was asked for; nil where no field carries it.
    package let version: String?
    /// The body.
    package let body: ProxyTransfer
}

/// Passes requests of providers' own SDKs on: with the integration's credential, when its budget and its health allow,
/// repeated only when that is safe, and written down.
///
///     send -> checked -> credential -> desk -> (durable intent) -> provider -> answer, streamed -> journal
///                                                                     '-> once more, if nothing left
package final class ProxyEngine: Service, Sendable {
    /// The limits of the proxy.
    package struct Limits: Sendable {
        /// The most requests on their way at a time; more are refused.
        package var inFlightMax = 200
        /// How long a request waits for its integration's budget.
        package var patience = Duration.seconds(10)
        /// How long a provider may take for its answer's head.
        package var headTimeout = Duration.seconds(60)
        /// What both bodies must keep up while the provider is waited for.
        package var rule = ProgressRule(
            window: .seconds(60),
            bytesPerWindowMin: 1,
            timeMax: .seconds(3_600)
        )
        /// Requests with larger bodies take long by themselves, and say nothing about the provider's health.
        package var watchedBodyBytesMax: Int64 = 65_536
        /// How much of an answer that comes before the request's end is read before it is passed on.
        package var earlyAnswerBytesMax = 262_144
        /// The longest URL, in bytes.
        package var urlBytesMax = 8_192
        /// The journal's.
        package var journal = ProxyJournal.Limits()

        /// The defaults.
        package init() {}
    }

    let ports: CallPorts
    let streaming: StreamingUpstream
    let desk: CallDesk
    let reads: SharedReads
    let limits: Limits
    /// What went through.
    package let journal: ProxyJournal
    private let count = Mutex(0)

    init(_ engine: CallEngine, over streaming: StreamingUpstream, limits: Limits) {
        ports = engine.ports
        desk = engine.desk
        reads = engine.reads
        self.streaming = streaming
        self.limits = limits
        journal = ProxyJournal(
            database: engine.database,
            time: engine.ports.time,
            logger: engine.ports.logger,
            limits: limits.journal
        )
    }

    /// How many requests are on their way.
    package var inFlight: Int { count.withLock { $0 } }

    /// The integration of this name as requests go to it; nil when this build cannot call its provider.
    package func integration(named name: ResourceName) -> CallIntegration? {
        ports.directory().integration(named: name)
    }

    /// Writes the journal until shut down, the last records included.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await self.journal.run()
        } onGracefulShutdown: {
            self.journal.stop()
        }
    }

    /// Passes one request on.
    ///
    /// Returns once the answer's head is there; its body must be read, cancelled or let go.
    package func send(
        _ call: ProxyCall,
        to integration: CallIntegration
    ) async throws(ProxyError) -> ProxyAnswer {
        guard integration.isEnabled else { throw .disabled }
        guard let place = place() else { throw .overloaded }
        let body = ProxyBody(call.body)
        let now = ports.time.now()
        var record = ProxyRecord(
            id: ProxyCallID(now: now, random: ports.random),
            integration: integration.id,
            vendor: integration.vendor,
            method: call.method,
            path: call.path,
            wedding: call.wedding,
            priority: call.priority
                ?? ProxyRules.priority(method: call.method, ports.moment(call.wedding, now)),
            startedAt: now
        )
        let prepared = try await prepare(call, integration, body)
        let passage = try await enter(integration, record)
        if prepared.hasKey {
            do {
                try await journal.begin(record)
            } catch {
                desk.abandoned(passage)
                throw .journal
            }
        }
        if (body.length ?? .max) > limits.watchedBodyBytesMax { desk.unwatched(passage) }
        let began = ports.time.elapsed()
        let exchange = ProxyExchange(
            engine: self,
            integration: integration,
            passage: passage,
            body: body,
            isKnown: prepared.hasKey,
            began: began,
            place: place
        )
        do throws(TransportError) {
            let response = try await exchange.send(prepared.request, isRepeatable: prepared.isRepeatable)
            return try await exchange.answer(response, &record, prepared)
        } catch {
            throw exchange.failed(error, record)
        }
    }

    /// A place among the requests on their way; nil when all are taken.
    func place() -> ProxyPlace? {
        let isFree = count.withLock { count in
            guard count < limits.inFlightMax else { return false }
            count += 1
            return true
        }
        return isFree ? ProxyPlace { self.count.withLock { $0 -= 1 } } : nil
    }

    private func enter(
        _ integration: CallIntegration,
        _ record: ProxyRecord
    ) async throws(ProxyError) -> CallDesk.Passage {
        let entry = await desk.enter(
            integration,
            priority: record.priority,
            wedding: record.wedding,
            patience: limits.patience
        )
        switch entry {
        case .granted(let passage): return passage
        case .limited(let wait): throw .limited(wait)
        case .refused(let wait, .full): throw .down(wait, reason: "full")
        case .refused(let wait, .breaker(let refusal)):
            throw .down(wait, reason: FailoverReason.breaker(refusal).code)
        }
    }
}

/// Counts one request as on its way for as long as it exists.
final class ProxyPlace: Sendable {
    private let leave: @Sendable () -> Void

    init(_ leave: @escaping @Sendable () -> Void) {
        self.leave = leave
    }

    deinit {
        leave()
    }
}

extension CallEngine {
    /// A proxy that shares this engine's integrations, budgets and breakers.
    package func proxy(
        over streaming: StreamingUpstream,
        limits: ProxyEngine.Limits = ProxyEngine.Limits()
    ) -> ProxyEngine {
        ProxyEngine(self, over: streaming, limits: limits)
    }
}
