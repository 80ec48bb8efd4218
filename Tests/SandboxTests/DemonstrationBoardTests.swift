import Sandbox
import Testing

private func arrival(
    _ id: String,
    kind: StripeShipment.Kind = .original,
    attempt: Int = 1,
    status: Int? = 200
) -> DemonstrationBoard.Happening {
    .arrived(source: "stripe", type: "invoice.paid", id: id, kind: kind, attempt: attempt, status: status)
}

private func tried(
    _ id: String,
    _ answer: ReceivingApplication.Answer,
    attempt: Int = 1,
    delivery: String = "dlv_1"
) -> DemonstrationBoard.Happening {
    .tried(
        ReceivedDelivery(
            webhookID: id,
            deliveryID: delivery,
            type: "invoice.paid",
            source: "stripe",
            attempt: attempt,
            answer: answer
        )
    )
}

struct DemonstrationBoardTests {
    @Test func `an event that arrives again is told as stored already and counted once`() {
        var board = DemonstrationBoard()
        #expect(board.happened(arrival("evt_1")).tone == .arrival)
        let again = board.happened(arrival("evt_1", kind: .duplicate))
        #expect(again.tone == .quiet)
        #expect(again.text.contains("stored already"))
        #expect(board.received == 1)
    }

    @Test func `what was not acknowledged is not counted as received`() {
        var board = DemonstrationBoard()
        #expect(board.happened(arrival("evt_1", status: nil)).tone == .trouble)
        #expect(board.happened(arrival("evt_1", status: 503)).tone == .trouble)
        #expect(board.received == 0)
    }

    @Test func `a refused forgery is quiet, an accepted one is a loss`() {
        var board = DemonstrationBoard()
        #expect(board.happened(arrival("evt_1", kind: .forged, status: 401)).tone == .quiet)
        #expect(board.refused == 1)
        #expect(board.happened(arrival("evt_2", kind: .forged, status: 200)).tone == .loss)
        #expect(board.received == 0)
    }

    @Test func `each try after the first is a retry, each event is delivered once`() {
        var board = DemonstrationBoard()
        _ = board.happened(tried("evt_1", .failed))
        _ = board.happened(tried("evt_1", .busy(retryAfterSeconds: 2), attempt: 2))
        #expect(board.happened(tried("evt_1", .accepted, attempt: 3)).text == "delivered (try 3)")
        #expect(board.retried == 2)
        #expect(board.delivered == 1)
        #expect(board.happened(tried("evt_1", .accepted, attempt: 4)).tone == .trouble)
        #expect(board.doubled == 1)
    }

    @Test func `a replay is another delivery of the same event, and no double`() {
        var board = DemonstrationBoard()
        _ = board.happened(tried("evt_1", .accepted, delivery: "dlv_1"))
        let line = board.happened(tried("evt_1", .accepted, delivery: "dlv_2"))
        #expect(line.tone == .success)
        #expect(line.text.contains("replay"))
        #expect(board.delivered == 1)
        #expect(board.doubled == 0)
        _ = board.happened(tried("evt_1", .accepted, delivery: "dlv_2"))
        #expect(board.doubled == 1)
    }

    @Test func `a dead letter says how to send it again`() {
        var board = DemonstrationBoard()
        let line = board.happened(
            .died(delivery: "dlv_1", type: "invoice.paid", destination: "app", attempts: 4)
        )
        #expect(line.text.contains("usher dead-letters replay dlv_1"))
        #expect(board.dead == 1)
    }

    @Test func `the summary names every count`() {
        var board = DemonstrationBoard()
        _ = board.happened(arrival("evt_1"))
        #expect(
            board.summary == "received 1, delivered 0, retried 0, dead 0, doubled 0, forged and refused 0"
        )
    }
}

struct DemonstrationWeddingLineTests {
    private func line(_ wedding: String?, _ priority: String) -> String {
        var board = DemonstrationBoard()
        let delivery = ReceivedDelivery(
            webhookID: "evt_1",
            deliveryID: "dlv_1",
            type: "invoice.paid",
            source: "stripe",
            attempt: 1,
            wedding: wedding,
            priority: priority,
            answer: .accepted
        )
        return board.happened(.tried(delivery)).text
    }

    @Test func `a line ends with the wedding, and with what goes first`() {
        #expect(line(nil, "critical") == "delivered")
        #expect(line("chloe-mateus", "high") == "delivered  [Chloé & Mateus]")
        #expect(line("amara-jonas", "critical") == "delivered  [Amara & Jonas, today: goes first]")
        #expect(line("amara-jonas", "normal") == "delivered  [Amara & Jonas]")
        #expect(line("another", "normal") == "delivered  [another]")
    }

    @Test func `a handshake is told, and is no event`() {
        var board = DemonstrationBoard()
        let good = board.happened(.asked(source: "zoom", type: "endpoint.url_validation", status: 200))
        #expect(good.tone == .quiet)
        #expect(good.text == "200: the handshake is answered")
        #expect(board.happened(.asked(source: "zoom", type: "x", status: 401)).tone == .loss)
        #expect(board.happened(.asked(source: "zoom", type: "x", status: nil)).tone == .loss)
        #expect(board.received == 0)
    }
}
