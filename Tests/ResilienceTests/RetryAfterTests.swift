import Domain
import Resilience
import Testing

struct RetryAfterTests {
    /// The instant Sun, 06 Nov 1994 08:49:00 GMT.
    static let now = Instant(seconds: 784_111_740)

    @Test(arguments: [
        ("0", 0), ("120", 120), ("0120", 120), ("86400", 86_400), ("86401", 86_400), ("99999999", 86_400),
        (String(repeating: "9", count: 64), 86_400),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37), ("Sun Nov 16 08:49:37 1994", 86_400),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Mon, 06 Nov 1994 08:49:60 GMT", 60), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ])
    func `reads seconds and all three dates`(value: String, seconds: Int) {
        #expect(RetryAfter.parse(value, now: Self.now) == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "-3", "+3", "1.5", "120 s", "120junk", "soon", "0x10", "１２０", "1e3", " 120", "120\n",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "Sun, 06 Nov 94 08:49:37 GMT",
        String(repeating: "9", count: 65),
    ])
    func `reads nothing else`(value: String) {
        #expect(RetryAfter.parse(value, now: Self.now) == nil)
    }

    @Test
    func `a two-digit year more than 50 years ahead is past`() {
        let now = Instant(seconds: 1_780_000_000)  // 2026
        #expect(
            HTTPDate.parse(Array("Monday, 01-Jan-76 00:00:00 GMT".utf8), now: now)?.seconds == 3_345_062_400
        )
        #expect(
            HTTPDate.parse(Array("Saturday, 01-Jan-77 00:00:00 GMT".utf8), now: now)?.seconds == 220_924_800
        )
    }
}
