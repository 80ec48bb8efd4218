package import Domain
import Providers
import Signatures
import Transport

/// Brings one message to one channel.
package struct AlertSender: Sendable {
    /// How long one request may take in all.
    package static let timeout = Duration.seconds(10)
    /// How long a push service keeps a message for a browser that is away, in seconds.
    package static let pushSecondsMax = 3_600
    /// The most browsers written to at a time.
    package static let pushesMax = 8

    /// How it went.
    package enum End: Hashable, Sendable {
        case sent
        /// Try again later.
        case failed(String)
        /// No use trying again.
        case refused(String)
        /// What it would be sent through is what is down.
        case passed(String)
    }

    private let ports: AlertPorts
    private let browsers: PushBook

    /// Wires the sender.
    package init(_ ports: AlertPorts, browsers: PushBook) {
        self.ports = ports
        self.browsers = browsers
    }

    /// Sends; `key` names this message for ever, so that one sent again is not a second one.
    ///
    /// - Parameter about: the integration that is in trouble; messages do not go through it.
    package func send(
        _ message: AlertMessage,
        to channel: AlertChannel,
        key: String,
        about: ResourceName?
    ) async -> End {
        if let capability = channel.capability, !(await ports.isServed(capability, about)) {
            return .passed("no integration for \(capability) is well, other than what the alert is about")
        }
        switch channel.kind {
        case .webhook(let url, let secret, let allowPrivate):
            let body = message.webhook.serialized()
            let headers = StandardWebhooksSigner.headers(
                id: key,
                timestamp: ports.time.now(),
                body: body,
                secrets: secret.map { [$0] } ?? []
            )
            return await post(url, secret == nil ? [] : headers, body, allowPrivate: allowPrivate)
        case .slack(let url, let allowPrivate):
            let text = String(decoding: url.bytes, as: UTF8.self)
            return await post(text, [], message.slack.serialized(), allowPrivate: allowPrivate)
        case .email(let to, let from):
            var input: [JSONMember] = [
                JSONMember("to", .array(to.map { .string($0) })),
                JSONMember("subject", .string(message.title)),
                JSONMember("text", .string(message.text)),
            ]
            if let from { input.append(JSONMember("from", .string(from))) }
            return await call(.emailSend, [.object(input)], key)
        case .sms(let to, let from):
            let inputs = to.map { number -> JSONValue in
                var input = [JSONMember("to", .string(number)), JSONMember("body", .string(message.sms))]
                if let from { input.append(JSONMember("from", .string(from))) }
                return .object(input)
            }
            return await call(.smsSend, inputs, key)
        case .push(let allowPrivate): return await push(message, allowPrivate: allowPrivate)
        }
    }

    /// One call for each input; sent when one was taken.
    private func call(_ operation: Operation, _ inputs: [JSONValue], _ key: String) async -> End {
        var failures: [String] = []
        for (number, input) in inputs.enumerated() {
            if case .failed(let reason) = await ports.call(operation, input, "\(key)-\(number)") {
                failures.append(reason)
            }
        }
        guard failures.count == inputs.count else { return .sent }
        return .failed(failures.first ?? "there is nobody to send to")
    }

    private func post(
        _ url: String,
        _ headers: [(String, String)],
        _ body: [UInt8],
        allowPrivate: Bool
    ) async -> End {
        let policy = ports.addressPolicy(allowPrivate)
        guard let url = try? DestinationURL(url, policy: policy) else {
            return .refused("the channel's URL may not be sent to; check it, and allow_private")
        }
        let request = OutgoingRequest(
            method: "POST",
            url: url,
            headers: headers + [("content-type", "application/json"), ("user-agent", "Usher/0.1")],
            body: body,
            timeout: Self.timeout,
            policy: policy
        )
        do {
            let status = try await ports.upstream.send(request).status
            return (200...299).contains(status) ? .sent : .failed("it answered \(status)")
        } catch {
            return .failed("no answer: \(error.code)")
        }
    }

    // MARK: Browsers

    private func push(_ message: AlertMessage, allowPrivate: Bool) async -> End {
        let policy = ports.addressPolicy(allowPrivate)
        do {
            let all = try await browsers.subscriptions()
            guard !all.isEmpty else { return .refused("no browser has subscribed") }
            let key = try await browsers.applicationKey()
            let body = message.push.serialized()
            let ends = await withTaskGroup(of: (PushSubscriptionID, Int?).self) { group in
                var ends: [(PushSubscriptionID, Int?)] = []
                for (index, (id, browser)) in all.enumerated() {
                    if index >= Self.pushesMax, let end = await group.next() { ends.append(end) }
                    group.addTask { (id, await self.push(body, to: browser, key, policy)) }
                }
                for await end in group { ends.append(end) }
                return ends
            }
            // 404 and 410: the browser has forgotten the subscription (RFC 8030 section 7.3).
            for (id, status) in ends where status == 404 || status == 410 { try await browsers.remove(id) }
            let isSent = ends.contains { $0.1.map { (200...299).contains($0) } ?? false }
            return isSent ? .sent : .failed("no browser's push service took it")
        } catch {
            return .failed("\(error)")
        }
    }

    /// The status of the push service's answer; nil without one.
    private func push(
        _ body: [UInt8],
        to browser: PushSubscription,
        _ applicationKey: [UInt8],
        _ policy: AddressPolicy
    ) async -> Int? {
        guard let url = try? DestinationURL(browser.endpoint, policy: policy),
            let sealed = WebPush.seal(
                body,
                for: browser,
                senderKey: browsers.privateKey(),
                salt: ports.random.bytes(16)
            ),
            let authorization = WebPush.authorization(
                endpoint: browser.endpoint,
                applicationKey: applicationKey,
                contact: ports.contact,
                now: ports.time.now()
            )
        else { return nil }
        let request = OutgoingRequest(
            method: "POST",
            url: url,
            headers: [
                ("authorization", authorization), ("content-encoding", "aes128gcm"),
                ("content-type", "application/octet-stream"), ("ttl", "\(Self.pushSecondsMax)"),
                ("urgency", "high"),
            ],
            body: sealed,
            timeout: Self.timeout,
            policy: policy
        )
        return try? await ports.upstream.send(request).status
    }
}
