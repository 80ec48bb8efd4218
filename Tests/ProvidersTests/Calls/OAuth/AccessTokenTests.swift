import Domain
import Providers
import Testing

@Suite
struct AccessTokenTests {
    private let start = Instant(seconds: 1_812_000_000)

    private func token(life: Int64) -> AccessToken {
        AccessToken(secret: Secret("at"), issuedAt: start, expiresAt: start + .seconds(life))
    }

    @Test(arguments: [(32_400, 3_240), (3_600, 360), (1_800, 300), (480, 240), (1, 0)] as [(Int64, Int64)])
    func `a token is refreshed before it ends`(life: Int64, remaining: Int64) {
        let token = token(life: life)
        let due = start + .seconds(life - remaining)
        if life > 1 {
            #expect(token.refreshAt == due)
            #expect(!token.isDue(at: due - .microseconds(1)))
        }
        #expect(token.isDue(at: due))
    }

    @Test
    func `a token is valid up to its end, due or not`() {
        let token = token(life: 3_600)
        #expect(token.isValid(at: start + .seconds(3_599)))
        #expect(!token.isValid(at: start + .seconds(3_600)))
    }

    @Test
    func `a life beyond a day is not believed`() {
        #expect(token(life: 1_000_000).expiresAt == start + .seconds(86_400))
    }
}
