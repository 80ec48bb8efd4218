package import Domain
import Signatures

/// What `usher listen` shows and does: copies of events on their way to a developer's machine.
///
/// A machine: events, answers and keys go in; lines for the terminal and orders to send come out.
package struct LiveCopies: Sendable {
    /// The most copies that are remembered for showing and sending again.
    package static let rememberedMax = 200

    /// What is to be done.
    package enum Action: Hashable, Sendable {
        /// Send this copy.
        case forward(EventCopy)
        /// Write these lines.
        case write([String])
        /// End.
        case quit
    }

    private let keepsForwarding: Bool
    private var copies: [EventCopy] = []
    private var selected = 0

    /// Starts with nothing remembered.
    /// - Parameter forwards: whether copies are sent anywhere, or only shown.
    package init(forwards: Bool) {
        keepsForwarding = forwards
    }

    /// Takes a new event: it is remembered, selected, and sent.
    package mutating func arrived(_ copy: EventCopy) -> [Action] {
        copies.append(copy)
        copies.removeFirst(max(0, copies.count - Self.rememberedMax))
        selected = copies.count - 1
        return keepsForwarding ? [.forward(copy)] : [.write([copy.line])]
    }

    /// Takes what became of a copy that was sent.
    package func answered(_ copy: EventCopy, _ answer: EventCopy.Answer, took duration: Duration) -> [Action]
    {
        [.write(["\(copy.line)  \(answer) in \(Int(duration.inSeconds * 1_000)) ms"])]
    }

    /// Takes a key: `r` sends the selected copy again, `d` shows it, `p` and `n` select the one before and after it,
    /// `q` and Ctrl-C end, `?` and `h` help; other keys do nothing.
    package mutating func pressed(_ key: UInt8) -> [Action] {
        switch key {
        case UInt8(ascii: "q"), 0x03, 0x04: [.quit]
        case UInt8(ascii: "?"), UInt8(ascii: "h"): [.write([Self.help])]
        case UInt8(ascii: "p"): select(selected - 1)
        case UInt8(ascii: "n"): select(selected + 1)
        case UInt8(ascii: "r"): again()
        case UInt8(ascii: "d"): details()
        default: []
        }
    }

    /// The keys, in one line.
    package static let help = "r sends the last one again, d shows it, p and n go back and forth, q ends."

    private mutating func select(_ index: Int) -> [Action] {
        guard copies.indices.contains(index) else { return [] }
        selected = index
        return [.write(["selected  " + copies[index].line])]
    }

    private func again() -> [Action] {
        guard copies.indices.contains(selected) else { return [.write(["Nothing has come yet."])] }
        guard keepsForwarding else { return [.write(["Nothing is forwarded; start with --forward URL."])] }
        return [.forward(copies[selected])]
    }

    private func details() -> [Action] {
        guard copies.indices.contains(selected) else { return [.write(["Nothing has come yet."])] }
        return [.write(copies[selected].details)]
    }
}

/// A copy of one event, as it is sent to a developer's machine.
package struct EventCopy: Hashable, Sendable {
    /// What became of a copy that was sent.
    package enum Answer: Hashable, Sendable, CustomStringConvertible {
        /// The status that came back.
        case status(Int)
        /// Why none did.
        case failed(String)

        package var description: String {
            switch self {
            case .status(let status): "\(status)"
            case .failed(let reason): "not sent: \(reason)"
            }
        }
    }

    /// The event's id.
    package let id: String
    /// One line: when, where, what, which.
    package let line: String
    private let type: String
    private let source: String
    private let contentType: String
    private let body: [UInt8]

    /// Reads an event as the API shows it with `payload=base64`; nil when its payload is gone.
    package init?(_ event: JSONValue) {
        guard let id = event["id"]?.string, let text = event["payload_base64"]?.string,
            let body = Base64.decode(text)
        else { return nil }
        self.id = id
        self.body = body
        line = EventPage.line(event)
        type = event["type"]?.string ?? ""
        source = event["source"]?.string ?? ""
        contentType = event["content_type"]?.string ?? "application/octet-stream"
    }

    /// The line and the body, indented when it is JSON.
    package var details: [String] {
        let text = (try? JSONParser.parse(body))?.serialized(pretty: true) ?? body
        return [line, TerminalText.safeLines(String(decoding: text, as: UTF8.self))]
    }

    /// The request that carries it: signed by Standard Webhooks as a delivery is, and marked as a copy.
    package func message(to url: String, secret: Secret, now: Instant) -> ControlMessage {
        let signature = StandardWebhooksSigner.headers(id: id, timestamp: now, body: body, secrets: [secret])
        return ControlMessage(
            method: "POST",
            url: url,
            headers: signature.map { (name: $0.0, value: $0.1) } + [
                (name: "content-type", value: contentType), (name: "user-agent", value: "usher-listen"),
                (name: "usher-event-type", value: type), (name: "usher-source", value: source),
                (name: "usher-copy", value: "true"),
            ],
            body: body
        )
    }
}
