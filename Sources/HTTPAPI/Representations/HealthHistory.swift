import Domain
import Health
import Providers
import Resilience

/// What happened at integrations in some time, for reports.
struct HealthHistory: Sendable {
    /// One integration.
    struct Integration: Sendable {
        let name: ResourceName
        let provider: String
        var total = Rollup()
        var windows: [(start: Instant, rollup: Rollup)] = []
    }

    let since: Instant
    let until: Instant
    let window: RollupWindow
    var integrations: [Integration]
    var incidents: [Incident]

    /// The length of windows that suits a range of time: not more than a few hundred of them, and still kept.
    static func window(since: Instant, until: Instant, now: Instant) -> RollupWindow {
        let length = until - since
        if length <= .seconds(6 * 3_600), now - since < RollupWindow.minute.kept { return .minute }
        return length <= .seconds(14 * 86_400) && now - since < RollupWindow.hour.kept ? .hour : .day
    }

    // MARK: JSON

    var json: JSONValue {
        [
            "since": .instant(since),
            "until": .instant(until),
            "window": .string(window.name),
            "integrations": .array(
                integrations.map { integration in
                    [
                        "integration": .string(integration.name.text),
                        "provider": .string(integration.provider),
                        "total": Self.json(integration.total, since),
                        "windows": .array(integration.windows.map { Self.json($0.rollup, $0.start) }),
                    ]
                }
            ),
            "incidents": .array(incidents.map { $0.json(withEntries: false) }),
        ]
    }

    private static func json(_ rollup: Rollup, _ start: Instant) -> JSONValue {
        [
            "start": .instant(start),
            "attempts": .integer(rollup.attempts),
            "failures": .integer(rollup.failures),
            "slow": .integer(rollup.slow),
            "limited": .integer(rollup.limited),
            "error_rate": rollup.errorRate.map { .fraction($0) } ?? .null,
            "p50_ms": .milliseconds(rollup.latency.quantile(0.5)),
            "p95_ms": .milliseconds(rollup.latency.quantile(0.95)),
            "p99_ms": .milliseconds(rollup.latency.quantile(0.99)),
            "uptime": rollup.uptime.map { .fraction($0) } ?? .null,
            "seconds": .object(
                HealthState.allCases.compactMap { state in
                    rollup.times[state].map { JSONMember(state.rawValue, .fraction($0.inSeconds)) }
                }
            ),
        ]
    }

    // MARK: CSV

    /// One line for each integration and window (RFC 4180); names and numbers need no quotes.
    var csv: String {
        var lines = [
            "start,integration,provider,attempts,failures,slow,limited,error_rate,p50_ms,p95_ms,p99_ms,uptime"
        ]
        for integration in integrations {
            for (start, rollup) in integration.windows {
                lines.append(
                    ([start.description, integration.name.text, integration.provider] + Self.cells(rollup))
                        .joined(separator: ",")
                )
            }
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func cells(_ rollup: Rollup) -> [String] {
        [
            "\(rollup.attempts)", "\(rollup.failures)", "\(rollup.slow)", "\(rollup.limited)",
            rollup.errorRate.map { fixed($0, 4) } ?? "",
            milliseconds(rollup.latency.quantile(0.5)), milliseconds(rollup.latency.quantile(0.95)),
            milliseconds(rollup.latency.quantile(0.99)), rollup.uptime.map { fixed($0, 6) } ?? "",
        ]
    }

    private static func milliseconds(_ duration: Duration?) -> String {
        duration.map { fixed($0.inSeconds * 1_000, 1) } ?? ""
    }

    /// A number with so many digits behind the point.
    private static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { value, _ in value * 10 }
        let whole = Int64((abs(value) * scale).rounded())
        let unit = Int64(scale)
        let rest = "\(whole % unit)"
        let zeros = String(repeating: "0", count: max(digits - rest.count, 0))
        return "\(value < 0 ? "-" : "")\(whole / unit).\(zeros)\(rest)"
    }

    // MARK: A page to print

    var page: String {
        let rows = integrations.map { integration in
            let cells = [integration.name.text, integration.provider] + Self.cells(integration.total)
            return "<tr>" + cells.map { "<td>\(Self.escaped($0))</td>" }.joined() + "</tr>"
        }
        let incidents = incidents.map { incident in
            "<li><b>\(Self.escaped("\(incident.openedAt)"))</b> \(Self.escaped(incident.summary))</li>"
        }
        let heads = [
            "integration", "provider", "attempts", "failures", "slow", "limited", "error rate", "p50 ms",
            "p95 ms", "p99 ms", "uptime",
        ]
        return """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Health from \(since) to \(until)</title>
            <style>
            body{font:11pt/1.4 system-ui,sans-serif;margin:2rem}
            table{border-collapse:collapse;width:100%}
            th,td{border-bottom:1px solid #bbb;padding:.2rem .5rem;text-align:right}
            th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
            tr,li{break-inside:avoid}
            @page{size:A4 landscape;margin:15mm}
            </style>
            <h1>Health of integrations</h1>
            <p>From \(since) to \(until), all times in UTC.</p>
            <table><thead><tr>\(heads.map { "<th>\($0)</th>" }.joined())</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table>
            <h2>Incidents</h2>
            <ul>\(incidents.isEmpty ? "<li>None.</li>" : incidents.joined(separator: "\n"))</ul>
            </html>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}
