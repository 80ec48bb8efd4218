import Access
import Domain
import Telemetry

/// What a client is told when some signals will never come to it.
struct StreamGap {
    /// How far before the last that a client knows an export begins: what is told and what is stored are not one instant.
    static let overlap = Duration.seconds(60)

    let exporter: Exporter

    /// The gap as JSON: why, what to read anew, and where the export begins that has the durable facts.
    func document(_ batch: SignalWatch.Batch, _ filter: SignalFilter, _ scope: AccessScope) async -> JSONValue
    {
        var export = JSONValue.null
        if let before = batch.before {
            // Without an answer of the database the client still learns that there is a gap.
            let cursor = try? await exporter.cursor(at: before.instant - Self.overlap, scope)
            export = .text(cursor.map { "/api/export?after=\($0)" })
        }
        return [
            "id": .string("\(batch.place)"),
            "kind": "gap",
            "reason": .text(batch.loss?.rawValue),
            "reload": .array(Self.pages(filter.kinds, isPlatform: scope.principal == .platform)),
            "export": export,
        ]
    }

    /// The resources that hold what signals of these kinds are about.
    static func pages(_ kinds: SignalKinds, isPlatform: Bool) -> [JSONValue] {
        var pages: [String] = []
        for kind in kinds.kinds {
            let page: String?
            switch kind {
            case .eventStored: page = "/api/events"
            case .deliverySucceeded, .deliveryFailed, .deliveryDead: page = "/api/deliveries"
            case .callChanged: page = "/api/calls"
            case .failoverOpened, .failoverEnded: page = isPlatform ? "/api/failovers" : nil
            case .healthChanged, .healthFigures, .silenceChanged: page = "/api/integrations/health-check"
            // The page of incidents shows emergency mode and alerts too.
            case .incidentOpened, .incidentChanged, .incidentClosed, .emergencyChanged, .alertChanged:
                page = "/api/incidents"
            }
            if let page, !pages.contains(page) { pages.append(page) }
        }
        return pages.map { .string($0) }
    }
}
