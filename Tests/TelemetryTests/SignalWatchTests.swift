import Domain
import Telemetry
import Testing
import UsherTesting

struct SignalWatchTests {
    private let manual = ManualTime()
    private let hub: SignalHub
    private let vera = ResourceName("vera")

    init() {
        hub = SignalHub(time: manual.time, watchersMax: 3)
    }

    /// What is there without waiting.
    private func taken(_ watch: SignalWatch) async throws -> [String] {
        try #require(await watch.next()).signals.map(\.subject)
    }

    private func place(_ number: UInt64) -> SignalPlace {
        SignalPlace(id: SignalID(epoch: hub.epoch, number: number), milliseconds: 1)
    }

    @Test func `gets what is told from its beginning on`() async throws {
        hub.tell(.callChanged, "before")
        let watch = try hub.watch(SignalFilter())
        hub.tell(.callChanged, "one")
        hub.tell(.eventStored, "two")
        #expect(try await taken(watch) == ["one", "two"])
    }

    @Test func `goes on where a client was, exactly`() async throws {
        let first = try hub.watch(SignalFilter())
        for number in 1...600 { hub.tell(number % 2 == 0 ? .eventStored : .callChanged, "\(number)") }
        let batch = try #require(await first.next())
        #expect(batch.signals.map(\.subject) == (1...SignalWatch.batchMax).map(String.init))
        let second = try hub.watch(
            SignalFilter(),
            after: SignalPlace(id: batch.signals[99].id, milliseconds: 0)
        )
        var seen: [String] = []
        while seen.count < 500 { seen += try await taken(second) }
        #expect(seen == (101...600).map(String.init))
    }

    @Test func `filters by kind, wedding, vendor and the beginning of the subject`() async throws {
        let ada = try #require(WeddingID("wed_ada"))
        let filter = SignalFilter(
            kinds: SignalKinds(.callChanged),
            wedding: ada,
            vendor: vera,
            subject: "call_"
        )
        let watch = try hub.watch(filter)
        hub.tell(.healthChanged, "call_0", wedding: ada, vendor: vera)
        hub.tell(.callChanged, "call_1", vendor: vera)
        hub.tell(.callChanged, "call_2", wedding: ada)
        hub.tell(.callChanged, "call_3", wedding: ada, vendor: ResourceName("otto"))
        hub.tell(.callChanged, "other", wedding: ada, vendor: vera)
        hub.tell(.callChanged, "call_4", wedding: ada, vendor: vera)
        #expect(try await taken(watch) == ["call_4"])
    }

    @Test func `finds what it wants behind more than a batch of what it does not`() async throws {
        let watch = try hub.watch(SignalFilter(subject: "wanted"))
        for _ in 0..<(SignalWatch.batchMax * 3) { hub.tell(.callChanged, "other") }
        hub.tell(.callChanged, "wanted")
        #expect(try await taken(watch) == ["wanted"])
    }

    @Test func `is told that some is gone, and where it was, when it fell behind`() async throws {
        let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)))
        let start = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)))
        for _ in 0...SignalHub.busyKeptMax { hub.tell(.eventStored, "evt") }
        let batch = try #require(await watch.next())
        #expect(batch.loss == .fellBehind)
        #expect(batch.signals.isEmpty)
        #expect(batch.before != nil)
        hub.tell(.eventStored, "after")
        #expect(try await taken(watch) == ["after"])
        withExtendedLifetime(start) {}
    }

    @Test func `exactly as many may be missed as are kept`() async throws {
        let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)))
        for _ in 0..<SignalHub.busyKeptMax { hub.tell(.eventStored, "evt") }
        var count = 0
        while count < SignalHub.busyKeptMax {
            let batch = try #require(await watch.next())
            #expect(batch.loss == nil)
            count += batch.signals.count
        }
    }

    @Test func `a place of another process, or one that is not yet, is a loss`() async throws {
        for place in [SignalPlace(id: SignalID(epoch: 1, number: 1), milliseconds: 5), place(9)] {
            let watch = try hub.watch(SignalFilter(), after: place)
            let batch = try #require(await watch.next())
            #expect(batch.loss == .restarted)
            #expect(batch.before == place)
        }
    }

    @Test func `busy kinds are kept for a while after the last watcher, and then not`() async throws {
        let runs = Task { await hub.run() }
        do {
            let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)))
            hub.tell(.eventStored, "one")
            #expect(try await taken(watch) == ["one"])
        }
        hub.tell(.eventStored, "two")
        let start = place(1)
        do {
            let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)), after: start)
            #expect(try await taken(watch) == ["one", "two"])
        }
        await manual.waitForSleepers(1)
        manual.advance(by: SignalHub.graceTime + .seconds(2))
        await manual.waitForSleepers(1)
        hub.tell(.eventStored, "unheard")
        let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)), after: place(3))
        let batch = try #require(await watch.next())
        #expect(batch.loss == .fellBehind)
        runs.cancel()
        await runs.value
    }

    @Test func `there are no more watchers than the limit, and who leaves makes room`() throws {
        var watches = try (1...3).map { _ in try hub.watch(SignalFilter()) }
        #expect(throws: SignalError.tooManyWatchers(3)) { try hub.watch(SignalFilter()) }
        watches.removeLast()
        #expect(hub.watcherCount == 2)
        _ = try hub.watch(SignalFilter())
    }

    @Test func `another filter holds from its change on`() async throws {
        let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.callChanged)))
        hub.tell(.callChanged, "old")
        watch.change(to: SignalFilter(kinds: SignalKinds(.healthChanged)))
        hub.tell(.callChanged, "not wanted any more")
        hub.tell(.healthChanged, "new")
        #expect(try await taken(watch) == ["new"])
    }

    @Test func `a waiting watcher is woken by what it wants, in batches`() async throws {
        let runs = Task { await hub.run() }
        let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.callChanged)))
        async let batch = watch.next()
        await manual.waitForSleepers(1)
        hub.tell(.healthChanged, "for nobody")
        hub.tell(.callChanged, "one")
        #expect(await batch?.signals.map(\.subject) == ["one"])
        async let later = watch.next()
        await manual.waitForSleepers(1)
        hub.tell(.callChanged, "two")
        hub.tell(.callChanged, "three")
        manual.advance(by: SignalHub.batchEvery)
        #expect(await later?.signals.count ?? 0 >= 1)
        runs.cancel()
        await runs.value
    }

    @Test func `a cancelled watcher gets nothing`() async throws {
        let watch = try hub.watch(SignalFilter())
        let waits = Task { await watch.next() == nil }
        waits.cancel()
        #expect(await waits.value)
    }

    @Test func `the bytes name kind, place and owner`() async throws {
        let watch = try hub.watch(SignalFilter())
        hub.tell(.callChanged, "call_1", vendor: vera, body: ["state": "failed"])
        let signal = try #require(await watch.next()?.signals.first)
        let json = try JSONParser.parse(signal.encoded.json)
        #expect(json["kind"] == "call.changed")
        #expect(json["subject"] == "call_1")
        #expect(json["vendor"] == "vera")
        #expect(json["wedding"] == .null)
        #expect(json["body"]?["state"] == "failed")
        #expect(SignalPlace(json["id"]?.string ?? "")?.id == signal.id)
        #expect(!signal.encoded.json.contains(UInt8(ascii: "\n")))
    }
}
