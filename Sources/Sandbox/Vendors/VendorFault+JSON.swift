package import Domain

/// Why a fault's description cannot be used.
package struct VendorFaultError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What to write instead, for people.
    package let description: String
}

/// The form of faults at `/_faults`.
///
/// ```json
/// {"kind": "slow", "delay_ms": 2000, "share": 0.5, "method": "POST", "path": "/v1/refunds", "for_seconds": 60}
/// ```
///
/// | kind | further members |
/// |---|---|
/// | `refuse`, `black_hole`, `drop_answer`, `halve_limit` | |
/// | `fail_before`, `fail_after` | `status`, 500 to 599 (503) |
/// | `stored_failure` | `status` (500), `takes_effect` (true) |
/// | `slow` | `delay_ms` |
/// | `creep` | `delay_ms` at first, `over_seconds` until it is eight times as long |
/// | `storm` | `retry_after`: `none`, `seconds`, `date` or `garbage`; `retry_seconds` (30) |
/// | `late_effect`, `hide_new`, `clock_skew` | `delay_ms`; the clock's may be negative |
/// | `scale_limit` | `factor`, 0.01 to 1000 |
/// | `punish` | `delay_ms`: how long who goes over the limit is shut out |
extension VendorFault {
    /// Reads a fault that begins now.
    package init(json: JSONValue, now: Instant) throws(VendorFaultError) {
        let reader = try FaultReader(json)
        let length = try reader.number("for_seconds", in: 0...604_800)
        self.init(
            try reader.kind(),
            share: try reader.number("share", in: 0...1) ?? 1,
            method: try reader.text("method"),
            path: try reader.text("path"),
            since: now,
            until: length.map { now + Duration(fractionalSeconds: $0) }
        )
    }

    /// The fault as `/_faults` lists it.
    package var json: JSONValue {
        .object(
            kind.members + [
                JSONMember("share", .fraction(share)),
                JSONMember("method", method.map { .string($0) } ?? .null),
                JSONMember("path", path.map { .string($0) } ?? .null),
                JSONMember("since", .string("\(since)")),
                JSONMember("until", until.map { .string("\($0)") } ?? .null),
            ]
        )
    }
}

extension VendorFault.Kind {
    /// `kind` and the members that belong to it.
    fileprivate var members: [JSONMember] {
        let named = { (name: String, more: [JSONMember]) in [JSONMember("kind", .string(name))] + more }
        let delay = { (duration: Duration) in
            JSONMember("delay_ms", .integer(duration.microseconds / 1_000))
        }
        let status = { (status: Int) in JSONMember("status", .integer(status)) }
        return switch self {
        case .refuse: named("refuse", [])
        case .blackHole: named("black_hole", [])
        case .failBefore(let code): named("fail_before", [status(code)])
        case .failAfter(let code): named("fail_after", [status(code)])
        case .storedFailure(let failure):
            named(
                "stored_failure",
                [status(failure.status), JSONMember("takes_effect", .bool(failure.takesEffect))]
            )
        case .slow(let duration): named("slow", [delay(duration)])
        case .creep(let first, let over):
            named("creep", [delay(first), JSONMember("over_seconds", .fraction(over.inSeconds))])
        case .storm(let advice): named("storm", advice.members)
        case .dropAnswer: named("drop_answer", [])
        case .lateEffect(let duration): named("late_effect", [delay(duration)])
        case .hideNew(let duration): named("hide_new", [delay(duration)])
        case .clockSkew(let duration): named("clock_skew", [delay(duration)])
        case .halveLimit: named("halve_limit", [])
        case .scaleLimit(let factor): named("scale_limit", [JSONMember("factor", .fraction(factor))])
        case .punish(let duration): named("punish", [delay(duration)])
        }
    }
}

extension VendorFault.RetryAdvice {
    fileprivate var members: [JSONMember] {
        let seconds = { (count: Int) in JSONMember("retry_seconds", .integer(count)) }
        return switch self {
        case .absent: [JSONMember("retry_after", "none")]
        case .seconds(let count): [JSONMember("retry_after", "seconds"), seconds(count)]
        case .date(let count): [JSONMember("retry_after", "date"), seconds(count)]
        case .garbage: [JSONMember("retry_after", "garbage")]
        }
    }
}

private struct FaultReader {
    let json: JSONValue

    static let known: Set<String> = [
        "kind", "share", "method", "path", "for_seconds", "status", "takes_effect", "delay_ms",
        "over_seconds", "retry_after", "retry_seconds", "factor",
    ]
    static let kinds =
        "refuse, black_hole, fail_before, fail_after, stored_failure, slow, creep, storm, drop_answer, "
        + "late_effect, hide_new, clock_skew, halve_limit, scale_limit, punish"
    static let millisecondsMax = 604_800_000.0

    init(_ json: JSONValue) throws(VendorFaultError) {
        guard let members = json.object else {
            throw VendorFaultError(
                description: "a fault is an object like {\"kind\": \"slow\", \"delay_ms\": 2000}"
            )
        }
        for member in members where !Self.known.contains(member.name) {
            throw VendorFaultError(description: "`\(member.name)` is no member of a fault")
        }
        self.json = json
    }

    func kind() throws(VendorFaultError) -> VendorFault.Kind {
        switch json["kind"]?.string {
        case "refuse": return .refuse
        case "black_hole": return .blackHole
        case "fail_before": return .failBefore(status: try status(503))
        case "fail_after": return .failAfter(status: try status(503))
        case "stored_failure":
            return .storedFailure(
                .init(status: try status(500), takesEffect: json["takes_effect"]?.bool ?? true)
            )
        case "slow": return .slow(try delay())
        case "creep":
            let over = try number("over_seconds", in: 1...604_800) ?? 600
            return .creep(first: try delay(), over: Duration(fractionalSeconds: over))
        case "storm": return .storm(try advice())
        case "drop_answer": return .dropAnswer
        case "late_effect": return .lateEffect(try delay())
        case "hide_new": return .hideNew(try delay())
        case "clock_skew": return .clockSkew(try delay(from: -Self.millisecondsMax))
        case "halve_limit": return .halveLimit
        case "scale_limit": return .scaleLimit(try factor())
        case "punish": return .punish(try delay())
        default: throw VendorFaultError(description: "`kind` is one of \(Self.kinds)")
        }
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(VendorFaultError) -> Double? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw VendorFaultError(
                description: "`\(name)` is a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    func text(_ name: String) throws(VendorFaultError) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string, (1...1_024).contains(text.utf8.count) else {
            throw VendorFaultError(description: "`\(name)` is a text of 1 to 1024 bytes")
        }
        return text
    }

    private func status(_ usual: Int) throws(VendorFaultError) -> Int {
        try number("status", in: 500...599).map { Int($0) } ?? usual
    }

    private func delay(from lowest: Double = 0) throws(VendorFaultError) -> Duration {
        guard let delay = try number("delay_ms", in: lowest...Self.millisecondsMax) else {
            throw VendorFaultError(description: "`delay_ms` is missing: a number of milliseconds")
        }
        return Duration(fractionalSeconds: delay / 1_000)
    }

    private func factor() throws(VendorFaultError) -> Double {
        guard let factor = try number("factor", in: VendorFault.limitFactors) else {
            throw VendorFaultError(
                description: "`factor` is missing: 0.5 is half of the limits, 2 twice them"
            )
        }
        return factor
    }

    private func advice() throws(VendorFaultError) -> VendorFault.RetryAdvice {
        let seconds = Int(try number("retry_seconds", in: 0...604_800) ?? 30)
        switch json["retry_after"]?.string ?? "none" {
        case "none": return .absent
        case "seconds": return .seconds(seconds)
        case "date": return .date(seconds: seconds)
        case "garbage": return .garbage
        default:
            throw VendorFaultError(description: "`retry_after` is one of none, seconds, date, garbage")
        }
    }
}
