import Domain
import Registry
import Signatures
import Testing
import UsherTesting
import Webhooks

/// One way to send a webhook that must not be believed.
struct Forgery: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: String
    let make: @Sendable (Station, [UInt8]) -> (Headers, [UInt8])

    init(
        _ name: String,
        _ code: String,
        _ make: @escaping @Sendable (Station, [UInt8]) -> (Headers, [UInt8])
    ) {
        testDescription = name
        self.code = code
        self.make = make
    }

    /// A forgery of the signature header alone; `sign` gives the right value for a time.
    static func header(
        _ name: String,
        _ code: String,
        _ make: @escaping @Sendable (_ now: Instant, _ sign: (Instant) -> String) -> [String]
    ) -> Forgery {
        Forgery(name, code) { station, body in
            let sign: (Instant) -> String = {
                StripeSignature.sign(body, secrets: [secret(1)], timestamp: $0)
            }
            let values = make(station.clock.now, sign)
            return (Headers(values.map { (StripeSignature.header, $0) }), body)
        }
    }

    static let all: [Forgery] = [
        .header("no header", "signature_missing") { _, _ in [] },
        .header("empty header", "signature_missing") { _, _ in [""] },
        .header("two headers, both right", "signature_ambiguous") { now, sign in [sign(now), sign(now)] },
        .header("two headers, one right", "signature_ambiguous") { now, sign in ["t=1,v1=00", sign(now)] },
        .header("ten thousand signatures", "signature_malformed") { now, sign in
            [sign(now) + String(repeating: ",v1=00", count: 10_000)]
        },
        .header("two timestamps", "signature_malformed") { now, sign in ["t=1," + sign(now)] },
        .header("a signed timestamp with a plus", "signature_malformed") { now, sign in
            [sign(now).replacing("t=", with: "t=+")]
        },
        .header("a fractional timestamp", "signature_malformed") { now, sign in
            [sign(now).replacing(",v1", with: ".0,v1")]
        },
        .header("fullwidth digits", "signature_malformed") { now, sign in
            [sign(now).replacing("t=1", with: "t=１")]
        },
        .header("only the old scheme", "signature_mismatch") { now, sign in
            [sign(now).replacing("v1=", with: "v0=")]
        },
        .header("301 seconds old", "signature_too_old") { now, sign in [sign(now - .seconds(301))] },
        .header("301 seconds ahead", "signature_too_new") { now, sign in [sign(now + .seconds(301))] },
        .header("another time than signed", "signature_mismatch") { now, sign in
            [sign(now).replacing("t=\(now.seconds)", with: "t=\(now.seconds - 1)")]
        },
        .header("a cut signature", "signature_mismatch") { now, sign in [String(sign(now).dropLast())] },
        Forgery("another secret", "signature_mismatch") { station, body in
            (station.signed(body, [secret(2)]), body)
        },
        Forgery("an empty secret", "signature_mismatch") { station, body in
            let time = station.clock.now.seconds
            let code = HMACAlgorithm.sha256.code([Array("\(time).".utf8), body], key: [])
            return (Headers([(StripeSignature.header, "t=\(time),v1=\(Hex.encode(code))")]), body)
        },
        Forgery("one byte changed", "signature_mismatch") { station, body in
            var changed = body
            changed[body.count / 2] ^= 1
            return (station.signed(body), changed)
        },
        Forgery("one byte more", "signature_mismatch") { station, body in
            (station.signed(body), body + [0x0A])
        },
        Forgery("no body", "signature_mismatch") { station, body in (station.signed(body), []) },
        Forgery("written anew", "signature_mismatch") { station, body in
            let again = (try? JSONParser.parse(body))?.serialized() ?? []
            return (station.signed(again), body)
        },
    ]
}

struct ReceiverAttackTests {
    @Test(arguments: Forgery.all)
    func `refuses what is not signed, and stores nothing`(_ forgery: Forgery) async throws {
        try await withStation { station in
            let source = try await station.addSource()
            let (headers, body) = forgery.make(station, stripeBody("evt_1"))
            let reception = await station.receive(body, headers: headers)
            #expect(reception.refusal?.code == forgery.code, "\(reception)")
            #expect(try await station.count("events") == 0)
            let activity = station.activity.source(source.id)
            #expect(activity.refused.total == 1 && activity.lastError?.code == forgery.code)
        }
    }

    @Test(arguments: [-300, 300])
    func `accepts a timestamp at the end of the tolerance`(_ seconds: Int64) async throws {
        try await withStation { station in
            try await station.addSource()
            let body = stripeBody("evt_1")
            let time = station.clock.now + .seconds(seconds)
            let header = StripeSignature.sign(body, secrets: [secret(1)], timestamp: time)
            let reception = await station.receive(body, headers: Headers([(StripeSignature.header, header)]))
            #expect(reception.stored != nil)
        }
    }

    @Test func `the same event signed again is a repeat`() async throws {
        try await withStation { station in
            try await station.addSource()
            let id = try await station.take("evt_1")
            station.clock.advance(by: .seconds(200))
            #expect(await station.receive(stripeBody("evt_1")).repeated == id)
        }
    }

    static let unreadable: [(String, [UInt8])] = [
        ("empty", []),
        ("no JSON", Array("hello".utf8)),
        ("no id", Array(#"{"type":"charge.refunded"}"#.utf8)),
        ("no type", Array(#"{"id":"evt_1"}"#.utf8)),
        ("an empty id", Array(#"{"id":"","type":"charge.refunded"}"#.utf8)),
        ("a long id", Array(#"{"id":"\#(String(repeating: "a", count: 256))","type":"a"}"#.utf8)),
        ("a control in the id", Array(#"{"id":"evt\u0000","type":"charge.refunded"}"#.utf8)),
        ("a number as type", Array(#"{"id":"evt_1","type":7}"#.utf8)),
        ("a space in the type", Array(#"{"id":"evt_1","type":"a b"}"#.utf8)),
        ("the same key twice", Array(#"{"id":"evt_1","id":"evt_2","type":"a"}"#.utf8)),
        ("the same key escaped", Array(#"{"id":"evt_1","\u0069d":"evt_2","type":"a"}"#.utf8)),
        ("a lone surrogate", Array(#"{"id":"evt_1","type":"a","x":"\ud800"}"#.utf8)),
        ("a trailing comma", Array(#"{"id":"evt_1","type":"a",}"#.utf8)),
        ("a byte order mark", [0xEF, 0xBB, 0xBF] + stripeBody("evt_1")),
        ("an endless number", Array(#"{"id":"evt_1","type":"a","x":1e400}"#.utf8)),
        (
            "bytes that are no UTF-8",
            Array(#"{"id":"evt_1","type":"a","x":""#.utf8) + [0xC0, 0xAE, 0x22, 0x7D]
        ),
        (
            "too deep",
            Array((#"{"id":"evt_1","type":"a","x":"# + String(repeating: "[", count: 64)).utf8)
                + Array((String(repeating: "]", count: 64) + "}").utf8)
        ),
        ("far too deep", Array(String(repeating: "[", count: 100_000).utf8)),
    ]

    @Test(arguments: 0..<unreadable.count)
    func `signed but unreadable is refused and not stored`(_ index: Int) async throws {
        let (label, body) = Self.unreadable[index]
        try await withStation { station in
            try await station.addSource()
            let reception = await station.receive(body)
            #expect(reception.isUnreadable, "\(label): \(reception)")
            #expect(try await station.count("events") == 0)
        }
    }
}
