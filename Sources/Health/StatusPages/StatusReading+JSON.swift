import Domain
import Resilience

/// The pages that are JSON. Every unknown word is unreadable, never well.
extension StatusReading {
    /// Statuspage's `status.json` or `summary.json`: the components that are used, else the page's own indicator.
    static func statuspage(_ bytes: [UInt8], parts: [String]) -> StatusReading {
        guard let json = json(bytes), let status = json["status"],
            let indicator = status["indicator"]?.string
        else { return .unreadable }
        let components = (json["components"]?.array ?? []).compactMap { component -> StatusReading? in
            guard let name = component["name"]?.string, component["group"]?.bool != true,
                let level = component["status"]?.string.map(level(component:)),
                parts.contains(where: { name.lowercased().contains($0) })
            else { return nil }
            return StatusReading(level, level == .operational ? "" : name)
        }
        if let worst = worst(components), worst.level != .unreadable { return worst }
        let level: StatusPageStatement =
            switch indicator {
            case "none": .operational
            case "maintenance": .maintenance
            case "minor": .degraded
            case "major", "critical": .outage
            default: .unreadable
            }
        return StatusReading(level, level == .operational ? "" : status["description"]?.string ?? "")
    }

    private static func level(component status: String) -> StatusPageStatement {
        switch status {
        case "operational": .operational
        case "under_maintenance": .maintenance
        case "degraded_performance": .degraded
        case "partial_outage", "major_outage": .outage
        default: .unreadable
        }
    }

    /// Stripe's `/current`: the state of its API, else the largest one.
    static func stripe(_ bytes: [UInt8]) -> StatusReading {
        guard let json = json(bytes),
            let word = json["statuses"]?["api"]?.string ?? json["largestatus"]?.string
        else { return .unreadable }
        let level: StatusPageStatement =
            switch word {
            case "up": .operational
            case "degraded": .degraded
            case "down": .outage
            case "maintenance": .maintenance
            default: .unreadable
            }
        return StatusReading(level, level == .operational ? "" : json["message"]?.string ?? "")
    }

    /// Google Workspace's incidents: those of the calendar that have not ended.
    static func googleIncidents(_ bytes: [UInt8]) -> StatusReading {
        guard let incidents = json(bytes)?.array else { return .unreadable }
        let open = incidents.filter { incident in
            let products = incident["affected_products"]?.array ?? []
            let ends = incident["end"]?.string ?? ""
            return ends.isEmpty && products.contains { $0["title"]?.string == "Google Calendar" }
        }
        let readings = open.map { incident in
            let text = incident["external_desc"]?.string ?? ""
            return switch incident["status_impact"]?.string {
            case "SERVICE_OUTAGE": StatusReading(.outage, text)
            case "SERVICE_INFORMATION", "AVAILABLE": StatusReading(.operational)
            default: StatusReading(.degraded, text)
            }
        }
        return worst(readings) ?? StatusReading(.operational)
    }

    /// Microsoft's posts for its consumer services, of which Outlook.com counts.
    static func microsoftPosts(_ bytes: [UInt8]) -> StatusReading {
        guard let json = json(bytes) else { return .unreadable }
        let posts = (json.array ?? [json]).filter {
            $0["ServiceDisplayName"]?.string?.lowercased().contains("outlook") ?? false
        }
        let readings = posts.map { post in
            let text = post["Title"]?.string ?? ""
            return switch post["Status"]?.string {
            case "Available", "Operational", "ServiceRestored", "Service restored":
                StatusReading(.operational)
            case "ServiceDegradation", "Service degradation": StatusReading(.degraded, text)
            case "ServiceInterruption", "Service interruption": StatusReading(.outage, text)
            default: StatusReading.unreadable
            }
        }
        return worst(readings) ?? .unreadable
    }

    /// Apple's list of services, of which iCloud Calendar counts; may be wrapped in a call of a function.
    static func apple(_ bytes: [UInt8]) -> StatusReading {
        guard let first = bytes.firstIndex(of: UInt8(ascii: "{")),
            let last = bytes.lastIndex(of: UInt8(ascii: "}")), first < last,
            let services = json(Array(bytes[first...last]))?["services"]?.array,
            let service = services.first(where: { $0["serviceName"]?.string == "iCloud Calendar" })
        else { return .unreadable }
        let readings = (service["events"]?.array ?? []).compactMap { event -> StatusReading? in
            guard event["eventStatus"]?.string == "ongoing" else { return nil }
            let text = event["message"]?.string ?? ""
            return switch event["statusType"]?.string?.lowercased() {
            case "outage": StatusReading(.outage, text)
            case "maintenance": StatusReading(.maintenance, text)
            default: StatusReading(.degraded, text)
            }
        }
        return worst(readings) ?? StatusReading(.operational)
    }

    /// AWS's current events, of which S3's count, of one region when it is known.
    static func aws(_ bytes: [UInt8], region: String?) -> StatusReading {
        guard let text = utf16(bytes), let events = json(Array(text.utf8))?.array else { return .unreadable }
        let readings = events.compactMap { event -> StatusReading? in
            guard let service = event["service"]?.string,
                region.map({ service == "s3-\($0)" }) ?? (service == "s3" || service.hasPrefix("s3-"))
            else { return nil }
            let text = event["summary"]?.string ?? ""
            return switch event["status"]?.string ?? event["status"]?.number {
            case "0": StatusReading(.operational)
            case "1", "2": StatusReading(.degraded, text)
            case "3": StatusReading(.outage, text)
            default: StatusReading.unreadable
            }
        }
        return worst(readings) ?? StatusReading(.operational)
    }

    /// The text of bytes in UTF-16 with a mark of its byte order, or in UTF-8 without one; nil when they are neither.
    private static func utf16(_ bytes: [UInt8]) -> String? {
        let isBig = bytes.starts(with: [0xFE, 0xFF])
        guard isBig || bytes.starts(with: [0xFF, 0xFE]) else {
            return String(validating: bytes, as: UTF8.self)
        }
        guard bytes.count.isMultiple(of: 2) else { return nil }
        let units = stride(from: 2, to: bytes.count, by: 2).map { index in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBig ? first << 8 | second : second << 8 | first
        }
        return String(validating: units, as: UTF16.self)
    }

    /// The most values on a page: Google's tells of all incidents of years.
    private static let nodesMax = 500_000

    private static func json(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONParser.parse(bytes, limits: JSONLimits(nodesMax: nodesMax))
    }
}
