import Domain
import Testing
import Transport
import Webhooks

@Suite struct DeliveryAnswerTests {
    private let now = Instant(seconds: 1_800_000_000)

    private func answer(_ status: Int, _ headers: [(String, String)] = []) -> DeliveryAnswer {
        DeliveryAnswer(OutgoingResponse(status: status, headers: Headers(headers), body: []), now: now)
    }

    @Test(arguments: [200, 201, 204, 299])
    func `only 2xx is accepted`(status: Int) {
        #expect(answer(status).meaning == .accepted)
        #expect(answer(status).health == .alive)
    }

    @Test(arguments: [301, 302, 400, 401, 404, 422])
    func `a refusal fails the delivery but not the URL`(status: Int) {
        #expect(answer(status).meaning == .failed(serverWait: nil))
        #expect(answer(status).health == .alive)
    }

    @Test(arguments: [408, 500, 502, 503, 504, 599])
    func `a server error counts against the URL`(status: Int) {
        #expect(answer(status).meaning == .failed(serverWait: nil))
        #expect(answer(status).health == .failing)
    }

    @Test func `410 ends the destination`() {
        #expect(answer(410).meaning == .gone)
    }

    @Test func `429 throttles, as long as it says`() {
        #expect(answer(429).health == .throttled(.seconds(1)))
        let told = answer(429, [("Retry-After", "30")])
        #expect(told.health == .throttled(.seconds(30)))
        #expect(told.meaning == .failed(serverWait: .seconds(30)))
    }

    @Test func `503 throttles only when it says how long`() {
        #expect(answer(503, [("retry-after", "7")]).health == .throttled(.seconds(7)))
        #expect(answer(503, [("retry-after", "soon")]).health == .failing)
    }
}
