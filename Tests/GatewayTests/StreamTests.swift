import Domain
import Gateway
import HTTPAPI
import Synchronization
import Telemetry
import Testing
import UsherTesting

/// The live stream and the export, through the real router in process.
@Suite(.timeLimit(.minutes(2)))
struct StreamTests {
    /// Collects what a stream writes; time passes only while something is waited for.
    private final class Listener: Sendable {
        private let text = Mutex("")
        private let bench: GatewayBench

        init(_ bench: GatewayBench) {
            self.bench = bench
        }

        /// Listens while `body` runs, with the hub waking who watches, then goes away.
        func listen(to answer: APIResponse, while body: (Listener) async throws -> Void) async throws {
            let stream = try #require(answer.stream)
            let sink = ResponseStream.Sink { piece in
                self.text.withLock { $0 += String(decoding: piece, as: UTF8.self) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await stream.produce(sink) }
                group.addTask { await self.bench.services.signals.run() }
                try await body(self)
                group.cancelAll()
            }
        }

        var heard: String { text.withLock { $0 } }

        /// Returns once `text` has been heard so often; the suite's time limit ends a wait in vain.
        func hears(_ part: String, times: Int = 1) async throws {
            while heard.split(separator: part, omittingEmptySubsequences: false).count <= times {
                try await bench.passTime()
            }
        }

        /// The JSON of every event so far.
        var events: [JSONValue] {
            heard.split(separator: "\n").filter { $0.hasPrefix("data: ") }
                .compactMap { try? JSONParser.parse(Array($0.dropFirst(6).utf8)) }
        }
    }

    private func open(
        _ bench: GatewayBench,
        _ query: String = "",
        key: String? = nil,
        lastID: String? = nil
    ) async throws -> APIResponse {
        var headers = Headers([("authorization", "Bearer \(key ?? bench.admin)")])
        if let lastID { headers.append("last-event-id", lastID) }
        let answer = try await bench.send(.get, "/api/stream\(query)", headers, [])
        try #require(answer.status == 200, "\(answer.json)")
        return answer
    }

    @Test func `an event is told with its id, kind and owner, and never its payload`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let answer = try await open(bench, "?kinds=event.stored")
            #expect(answer.headers.first("content-type") == "text/event-stream")
            try await Listener(bench).listen(to: answer) { listener in
                let event = try await bench.take("evt_1")
                try await listener.hears("data:")
                let told = try #require(listener.events.first)
                #expect(told["subject"]?.string == event)
                #expect(told["kind"] == "event.stored")
                #expect(told["body"]?["source"] == "shop")
                #expect(told["body"]?["type"] == "charge.refunded")
                #expect(!listener.heard.contains("ch_evt_1"))
                #expect(listener.heard.contains("retry: "))
                #expect(listener.heard.contains("id: \(told["id"]?.string ?? "")\nevent: event.stored\n"))
            }
        }
    }

    @Test func `a repeated webhook is told once`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let answer = try await open(bench, "?kinds=event.stored")
            try await Listener(bench).listen(to: answer) { listener in
                try await bench.take("evt_1")
                try await bench.take("evt_1")
                try await bench.take("evt_2")
                try await listener.hears("data:", times: 2)
                #expect(listener.events.count == 2)
            }
        }
    }

    @Test func `a client goes on where it was`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let first = Listener(bench)
            try await first.listen(to: try await open(bench, "?kinds=event.stored")) { listener in
                for number in 1...3 { try await bench.take("evt_\(number)") }
                try await listener.hears("data:", times: 3)
            }
            let last = try #require(first.events[1]["id"]?.string)
            for number in 4...5 { try await bench.take("evt_\(number)") }
            let expected = first.events[2]
            for answer in [
                try await open(bench, "?kinds=event.stored", lastID: last),
                try await open(bench, "?kinds=event.stored&last_event_id=\(last)"),
            ] {
                try await Listener(bench).listen(to: answer) { listener in
                    try await listener.hears("data:", times: 3)
                    #expect(listener.events.first == expected)
                    #expect(listener.events.count == 3)
                    #expect(!listener.heard.contains("event: gap"))
                }
            }
        }
    }

    @Test(arguments: ["1-1-1", "nonsense", "9999999999999-5-1772323200000"])
    func `a client from elsewhere is told that there is a gap, and where the export begins`(
        lastID: String
    ) async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.take("evt_1")
            let answer = try await open(bench, "?kinds=event.stored,call.changed", lastID: lastID)
            try await Listener(bench).listen(to: answer) { listener in
                try await listener.hears("event: gap")
                try await listener.hears("data:")
                let gap = try #require(listener.events.first)
                #expect(gap["reason"] == "restarted")
                #expect(gap["reload"] == ["/api/events", "/api/calls"])
                let export = try #require(gap["export"]?.string)
                let lines = try await lines(bench, export)
                #expect(lines.first?["data"]?["provider_event_id"] == "evt_1")
            }
        }
    }

    @Test func `a vendor is told of its own alone`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.addSource("annas", vendor: "anna")
            let key = try await bench.key("read", vendor: "anna")
            let answer = try await open(bench, "?kinds=event.stored", key: key)
            try await Listener(bench).listen(to: answer) { listener in
                try await bench.take("evt_1")
                try await bench.take("evt_2", to: "annas")
                try await listener.hears("data:")
                #expect(listener.events.map { $0["body"]?["source"] } == ["annas"])
            }
            let foreign = try await bench.send(.get, "/api/stream?vendor=otto", key: key)
            #expect(foreign.status == 404)
        }
    }

    @Test func `a brief stream sends the latest of each kind, once a second`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await Listener(bench).listen(to: try await open(bench, "?brief=true")) { listener in
                try await listener.hears("retry")
                let first = try await bench.take("evt_1")
                try await listener.hears(first)
                for number in 2...9 { try await bench.take("evt_\(number)") }
                bench.services.signals.tell(.alertChanged, "alr_1")
                let last = try await bench.take("evt_10")
                try await listener.hears(last)
                #expect(listener.events.map { $0["subject"]?.string } == [first, "alr_1", last])
            }
        }
    }

    @Test func `a silent stream says that it lives`() async throws {
        try await withGateway { bench in
            try await Listener(bench).listen(to: try await open(bench)) { listener in
                try await listener.hears(": alive\nid: ")
                #expect(bench.clock.elapsed >= StreamLimits.heartbeatAfter)
            }
        }
    }

    @Test func `there are no more subscribers than the limit`() async throws {
        try await withGateway { bench in
            let filter = SignalFilter(kinds: SignalKinds(.alertChanged))
            let watches = try (0..<SignalHub.watchersMax).map { _ in
                try bench.services.signals.watch(filter)
            }
            let answer = try await bench.send(.get, "/api/stream", key: bench.admin)
            #expect(answer.status == 503)
            #expect(answer.code == "too-many-subscribers")
            #expect(answer.headers.first("retry-after") == "10")
            withExtendedLifetime(watches) {}
        }
    }

    @Test(arguments: ["kinds=event", "wedding=", "kinds=event.stored,", "subject=", "sort=1"])
    func `what is asked for must be there`(query: String) async throws {
        try await withGateway { bench in
            let answer = try await bench.send(.get, "/api/stream?\(query)", key: bench.admin)
            #expect(answer.status == 400)
        }
    }

    // MARK: - The handshake of a WebSocket

    private static let handshake: [(String, String)] = [
        ("host", "usher.example.com"), ("upgrade", "websocket"), ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    @Test func `a right handshake becomes a socket, and a wrong one a problem`() async throws {
        try await withGateway { bench in
            let key = ("authorization", "Bearer \(bench.admin)")
            let right = try await bench.send(.get, "/api/ws", Headers(Self.handshake + [key]), [])
            #expect(right.status == 101 && right.socket != nil)
            for name in ["upgrade", "connection", "sec-websocket-version"] {
                let fields = Self.handshake.filter { $0.0 != name } + [key]
                let answer = try await bench.send(.get, "/api/ws", Headers(fields), [])
                #expect(answer.status == 426)
                #expect(answer.headers.first("sec-websocket-version") == "13")
            }
            for wrong in ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ"] {
                let fields = Array(Self.handshake.dropLast()) + [("sec-websocket-key", wrong), key]
                #expect(try await bench.send(.get, "/api/ws", Headers(fields), []).status == 400)
            }
            #expect(try await bench.send(.get, "/api/ws", Headers(Self.handshake), []).status == 401)
        }
    }

    @Test func `a socket sends signals, and a subscription changes which`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let headers = Headers(Self.handshake + [("authorization", "Bearer \(bench.admin)")])
            let answer = try await bench.send(.get, "/api/ws?kinds=event.stored", headers, [])
            let socket = try #require(answer.socket)
            let sent = Mutex<[JSONValue]>([])
            let waking = Task { await bench.services.signals.run() }
            let runs = Task {
                await socket.produce(
                    ResponseSocket.Sink { messages in
                        let parsed = messages.compactMap { try? JSONParser.parse($0) }
                        sent.withLock { $0 += parsed }
                    }
                )
            }
            try await bench.take("evt_1")
            while sent.withLock({ $0.isEmpty }) { try await bench.passTime() }
            #expect(
                socket.received(Array(#"{"subscribe":{"kinds":["alert.*","call.changed"]}}"#.utf8)) == nil
            )
            try await bench.take("evt_2")
            bench.services.signals.tell(.alertChanged, "alr_1")
            while sent.withLock({ $0.count < 2 }) { try await bench.passTime() }
            #expect(sent.withLock { $0 }.map { $0["kind"] } == ["event.stored", "alert.changed"])
            for wrong in [
                "", "{}", "[]", #"{"subscribe":1}"#, #"{"subscribe":{},"x":1}"#, #"{"subscribe":{"x":"y"}}"#,
                #"{"subscribe":{"kinds":["no"]}}"#, #"{"subscribe":{"wedding":1}}"#,
            ] {
                #expect(socket.received(Array(wrong.utf8))?.code == 1008, "\(wrong)")
            }
            runs.cancel()
            #expect(await runs.value == .goingAway)
            waking.cancel()
            await waking.value
        }
    }

    // MARK: - The export

    private func lines(
        _ bench: GatewayBench,
        _ target: String,
        key: String? = nil
    ) async throws -> [JSONValue] {
        let answer = try await bench.send(.get, target, key: key ?? bench.admin)
        try #require(answer.status == 200, "\(answer.json)")
        let text = try await #require(answer.stream).collect()
        return try text.split(separator: 0x0A).map { try JSONParser.parse(Array($0)) }
    }

    @Test func `the export goes on behind any line's cursor, and says where it ends`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.addDestination("app")
            for number in 1...5 { try await bench.take("evt_\(number)") }
            try await bench.bury("app")
            let all = try await lines(bench, "/api/export")
            #expect(all.map { $0["kind"] } == Array(repeating: "event", count: 5) + ["end"])
            #expect(all.last?["more"] == false)
            bench.clock.advance(by: .seconds(31))
            let later = try await lines(bench, "/api/export?after=\(all[4]["cursor"]?.string ?? "")")
            #expect(later.map { $0["kind"] } == Array(repeating: "delivery", count: 5) + ["end"])
            #expect(later.first?["data"]?["state"] == "dead")
            let rest = try await lines(bench, "/api/export?after=\(all[1]["cursor"]?.string ?? "")")
            #expect(rest.prefix(3).map { $0["data"]?["provider_event_id"] } == ["evt_3", "evt_4", "evt_5"])
            let end = try await lines(bench, "/api/export?after=\(rest.last?["cursor"]?.string ?? "")")
            #expect(end.map { $0["kind"] } == ["end"])
        }
    }

    @Test func `the export ends at its limit and says that there is more`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            for number in 1...5 { try await bench.take("evt_\(number)") }
            let first = try await lines(bench, "/api/export?limit=3&kinds=event")
            #expect(first.count == 4)
            #expect(first.last?["more"] == true)
            let cursor = first.last?["cursor"]?.string ?? ""
            let second = try await lines(bench, "/api/export?limit=3&kinds=event&after=\(cursor)")
            #expect(second.map { $0["kind"] } == ["event", "event", "end"])
            #expect(second.last?["more"] == false)
        }
    }

    @Test func `the export begins about an instant`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            for number in 1...9 {
                try await bench.take("evt_\(number)")
                bench.clock.advance(by: .seconds(60))
            }
            let found = try await lines(bench, "/api/export?since=2026-03-01T00:05:00Z")
            #expect(
                found.dropLast().map { $0["data"]?["provider_event_id"] } == [
                    "evt_6", "evt_7", "evt_8", "evt_9",
                ]
            )
        }
    }

    @Test func `a vendor exports its own alone, and takes no other's cursor`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.addSource("annas", vendor: "anna")
            try await bench.take("evt_1")
            try await bench.take("evt_2", to: "annas")
            let key = try await bench.key("read", vendor: "anna")
            let found = try await lines(bench, "/api/export", key: key)
            #expect(found.map { $0["data"]?["provider_event_id"] } == ["evt_2", nil])
            let platform = try await lines(bench, "/api/export")
            let cursor = platform.last?["cursor"]?.string ?? ""
            #expect(try await bench.send(.get, "/api/export?after=\(cursor)", key: key).status == 400)
            #expect(try await bench.send(.get, "/api/export?kinds=no", key: bench.admin).status == 400)
        }
    }
}

extension GatewayBench {
    /// Lets a little time pass once something waits for it.
    fileprivate func passTime() async throws {
        try Task.checkCancellation()
        if clock.sleeperCount > 0 { clock.advance(by: SignalHub.batchEvery) }
        await Task.yield()
    }
}
