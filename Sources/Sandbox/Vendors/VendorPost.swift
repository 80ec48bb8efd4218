package import Domain

/// Which webhooks of a vendor are to be sent now, and which again, and when.
package struct VendorPost: Sendable {
    /// The most webhooks on their way at a time.
    package static let onTheirWayMax = 64
    /// The most that wait; beyond, the oldest quarter is given up.
    package static let waitingMax = 10_000

    /// One try.
    package struct Shipment: Sendable {
        /// What is sent.
        package let webhook: VendorWebhook
        /// Which try it is, from 0.
        package let round: Int
    }

    private struct Waiting: Sendable {
        let shipment: Shipment
        let due: Instant
    }

    private var waiting: [Waiting] = []
    private var onTheirWay = 0

    /// Nothing waits.
    package init() {}

    /// Takes what the vendor wants to send by `now`, and gives what is to leave, as the vendor would send it now.
    package mutating func take(from vendor: inout FaultyVendor, now: Instant) -> [Shipment] {
        waiting += vendor.takeWebhooks(now: now).map {
            Waiting(shipment: Shipment(webhook: $0, round: 0), due: now)
        }
        if waiting.count > Self.waitingMax { waiting.removeFirst(waiting.count - Self.waitingMax * 3 / 4) }
        var leaving: [Shipment] = []
        var staying: [Waiting] = []
        for item in waiting {
            guard item.due <= now, onTheirWay + leaving.count < Self.onTheirWayMax else {
                staying.append(item)
                continue
            }
            let shipment = item.shipment
            let webhook =
                shipment.round == 0
                ? shipment.webhook : vendor.vendor.signedAgain(shipment.webhook, now: now)
            leaving.append(Shipment(webhook: webhook, round: shipment.round))
        }
        waiting = staying
        onTheirWay += leaving.count
        return leaving
    }

    /// Says what a try got: a 2xx ends it, everything else is tried again until the vendor's pauses are used up.
    /// - Parameter status: nil when there was no answer.
    package mutating func answered(
        _ shipment: Shipment,
        status: Int?,
        vendor: inout FaultyVendor,
        now: Instant
    ) {
        onTheirWay -= 1
        if let status, (200...299).contains(status) {
            vendor.webhookDelivered(shipment.webhook.id)
            return
        }
        let pauses = vendor.vendor.webhookPauses
        guard shipment.round < pauses.count else { return }
        let next = Shipment(webhook: shipment.webhook, round: shipment.round + 1)
        waiting.append(Waiting(shipment: next, due: now + pauses[shipment.round]))
    }
}
