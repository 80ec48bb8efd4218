package import Domain
import Resilience

// What Zoom's answers mean, and how a meeting without one is found again.
extension ZoomCalls {
    /// How old a request must be before the first look: what was made a moment ago may not be listed yet.
    static let firstLook = Duration.seconds(5)
    /// How often it is tried to find out before a person must look.
    static let roundsMax = 12
    /// How old a request must be for a list without its meeting to prove that there is none.
    static let proofAge = Duration.seconds(120)
    /// The meetings of one look.
    static let pageSize = 300
    /// Zoom's code for a meeting that is not there.
    static let meetingMissing = "3001"

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard (200...299).contains(answer.status) else { return failure(answer, call, account) }
        switch call.operation {
        case .videoUpdate, .videoCancel:
            return .succeeded(Self.changed(call))
        default:
            guard let json = answer.json, let outcome = Self.outcome(json) else {
                return PlainFailure.unreadable(answer, call.operation)
            }
            return .succeeded(outcome)
        }
    }

    /// Zoom uses its codes for several statuses, so the status counts first.
    private func failure(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) -> CallVerdict {
        let json = answer.json
        let code = json?["code"].flatMap { $0.number ?? $0.string }
        if call.operation == .videoCancel, answer.status == 404, code == Self.meetingMissing {
            return .succeeded(Self.changed(call))
        }
        let detail = json?["errors"]?.array?.first?["message"]?.string
        return PlainFailure(
            answer,
            code: code,
            message: detail ?? json?["message"]?.string,
            wait: answer.status == 429 ? Self.wait(answer) : nil,
            account
        ).verdict(of: call.operation)
    }

    /// The outcome of a change to a meeting, which Zoom answers with nothing.
    static func changed(_ call: CallRequest) -> CallOutcome {
        let id = call.target ?? ""
        let reply = MeetingReply(id: id, isCancelled: call.operation == .videoCancel)
        return CallOutcome(reply: reply.json, reference: id, external: external(id))
    }

    /// The outcome that a meeting tells; nil when it is none.
    static func outcome(_ meeting: JSONValue) -> CallOutcome? {
        guard let id = meeting["id"]?.number, Int64(id) != nil else { return nil }
        let reply = MeetingReply(
            id: id,
            joinURL: meeting["join_url"]?.string,
            password: meeting["password"]?.string,
            topic: meeting["topic"]?.string,
            start: meeting["start_time"]?.string.flatMap { Instant($0) },
            minutes: meeting["duration"]?.int64
        )
        return CallOutcome(reply: reply.json, reference: id, external: external(id))
    }

    private static func external(_ id: String) -> ExternalReference? {
        guard let provider = ResourceName("zoom"), let kind = ResourceName("meeting") else { return nil }
        return ExternalReference(provider: provider, kind: kind, objectID: id)
    }

    /// Repeats a change, with a pause that grows; looks for a new meeting among those of its host.
    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        guard call.operation == .videoCreate, case .meeting(let input) = call.input else { return .replay }
        guard round < Self.roundsMax else {
            return .hold(
                "Look among the host's meetings at Zoom for an agenda with \(Self.tagLine(call.tag))."
            )
        }
        guard age >= Self.firstLook else { return .wait(Self.firstLook - age) }
        let query = "type=scheduled&page_size=\(Self.pageSize)"
        return .ask(Self.request("GET", "\(Self.user(input, account))/meetings?\(query)", account))
    }

    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard answer.status == 200, let json = answer.json, let meetings = json["meetings"]?.array else {
            return .unknown
        }
        let line = Self.tagLine(call.tag)
        let found = meetings.first { meeting in
            let first = meeting["agenda"]?.string?.utf8.prefix {
                $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r")
            }
            return first?.elementsEqual(line.utf8) ?? false
        }
        if let outcome = found.flatMap(Self.outcome) { return .succeeded(outcome) }
        // What is on another page is not known to be missing.
        let isWhole = json["next_page_token"]?.string.map(\.isEmpty) ?? true
        guard isWhole, age >= Self.proofAge else { return .unknown }
        return .dead(
            ProviderFailure(
                .unavailable,
                code: "not_found",
                message: "Zoom has no such meeting two minutes later."
            )
        )
    }
}
