import Domain
import Gateway
import Testing
import UsherTesting

struct CallTextTests {
    @Test func `an input is JSON itself or a file's, and anything else is said so`() async throws {
        #expect(try CallArguments.input(#"{"a": 1}"#)["a"]?.int64 == 1)
        for text in ["[1]", "a", "", "@/nowhere/at/all.json"] {
            #expect(throws: CallArgumentError.self) { _ = try CallArguments.input(text) }
        }
    }

    @Test func `what an operation works on is a call, or a place and a reference`() {
        #expect(CallArguments.target("call_1") == ["call": "call_1"])
        #expect(CallArguments.target("cal/a/b") == ["integration": "cal", "reference": "a/b"])
    }

    @Test func `fresh keys differ and are printable`() {
        let random = RandomSource.seeded(3)
        let keys = (0..<3).map { _ in CallArguments.freshKey(random: random) }
        #expect(Set(keys).count == 3)
        #expect(keys.allSatisfy { $0.utf8.count == 36 && $0.hasPrefix("cli-") })
    }

    @Test(arguments: [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("3d", 259_200)])
    func `lengths of time are read`(_ text: String, _ seconds: Int64) {
        #expect(TimeArgument.seconds(text) == seconds)
        #expect(TimeArgument.seconds("-" + text) == nil && TimeArgument.seconds(text + "x") == nil)
    }

    @Test func `a call that goes on says how to follow it, one that is over shows its reply`() {
        let done: JSONValue = [
            "operation": "sms.send", "state": "succeeded", "id": "call_1", "integration": "twilio",
            "reply": ["id": "SM1"], "failure": .null,
        ]
        let lines = CallPage.lines(done)
        #expect(lines.first == "sms.send: done by twilio  call_1")
        #expect(lines.joined().contains("SM1"))
        let doubt: JSONValue = ["operation": "payments.charge", "state": "in_doubt", "id": "call_2"]
        #expect(CallPage.lines(doubt).last == "See how it goes on: usher calls show call_2")
        let declined: JSONValue = [
            "operation": "payments.charge", "state": "refused", "id": "call_3", "integration": "stripe",
            "failure": ["kind": "declined", "code": "card_declined", "message": "The card was declined"],
        ]
        #expect(CallPage.lines(declined).contains("  The card was declined (card_declined)"))
    }

    @Test func `limits are told in words`() {
        #expect(
            Listing.amount(["kind": "bucket", "per_second": .number("12.5"), "burst": 25])
                == "12.5 a second, 25 at once"
        )
        #expect(Listing.amount(["kind": "window", "count": 60, "window_seconds": 60]) == "60 in a minute")
        #expect(Listing.amount(["kind": "in_flight", "in_flight": 5]) == "5 at a time")
        let rows = Listing.limits(of: [["integration": "square", "limits": [], "waiting": 0]])
        #expect(Listing.budgets.lines(rows).last?.contains("no limit is known") == true)
    }

    @Test func `empty lists say what to do`() {
        #expect(Listing.calls.lines([]).joined().contains("usher call"))
        #expect(Listing.reservations.lines([]).joined().contains("usher budgets reserve"))
        #expect(Listing.failovers.lines([]).joined().contains("no failover"))
    }
}
