package import Domain

/// One message of a Google push channel: all of it stands in the headers.
package struct GoogleNotification: Hashable, Sendable {
    /// What happened.
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// The channel's first message: it works, nothing happened.
        case sync
        /// Something in the collection is new or changed.
        case exists
        /// The collection is gone.
        case notExists = "not_exists"
    }

    /// The channel's id, as it was chosen when the channel was made.
    package let channelID: [UInt8]
    /// Grows with each message of the channel, not by one.
    package let messageNumber: UInt64
    /// Google's id of the watched collection.
    package let resourceID: [UInt8]
    /// What happened.
    package let state: State
    /// The collection's address; nil when it is not sent.
    package let resourceURI: [UInt8]?
    /// When the channel ends, as Google writes it; nil when it is not sent.
    package let expiration: [UInt8]?
    let token: [UInt8]

    /// Reads the headers of a message.
    package init(_ headers: Headers) throws(SignatureError) {
        token = try headers.security("x-goog-channel-token", bytesMax: 256)
        channelID = try headers.security("x-goog-channel-id", bytesMax: 64)
        resourceID = try headers.security("x-goog-resource-id", bytesMax: 255)
        let number = try headers.security("x-goog-message-number", bytesMax: 20)
        guard number.allSatisfy({ (0x30...0x39).contains($0) }),
            let messageNumber = UInt64(String(decoding: number, as: UTF8.self))
        else { throw .malformed(header: "x-goog-message-number", reason: "not a whole number") }
        self.messageNumber = messageNumber
        let text = try headers.security("x-goog-resource-state", bytesMax: 32)
        guard let state = State.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text) }) else {
            throw .malformed(header: "x-goog-resource-state", reason: "not sync, exists or not_exists")
        }
        self.state = state
        resourceURI = try headers.optional("x-goog-resource-uri", bytesMax: 2_048)
        expiration = try headers.optional("x-goog-channel-expiration", bytesMax: 64)
    }
}

/// A push channel as it was made: what a message must show to be one of it.
///
/// There is no signature: the secret token travels with each message, so use TLS and an own token for each channel.
/// Source: developers.google.com/workspace/calendar/api/guides/push.
package struct GoogleChannel: Sendable {
    /// The channel's id; nil accepts any.
    package let id: String?
    /// Google's id of the collection; nil accepts any, as before the answer to `watch` is known.
    package let resourceID: String?
    /// The accepted tokens.
    package let tokens: [Secret]

    /// Describes a channel.
    package init(id: String?, resourceID: String?, tokens: [Secret]) {
        self.id = id
        self.resourceID = resourceID
        self.tokens = tokens
    }

    /// Checks a message: its token in constant time, then its channel and resource.
    /// - Returns: the index of the token that matches.
    package func verify(_ notification: GoogleNotification) throws(SignatureError) -> Int {
        let presented = [sha256([notification.token])]
        let index = try matchingSecret(of: tokens, presented: presented) { secret in
            secret.bytes.count >= Secret.bytesMin ? sha256([secret.bytes]) : nil
        }
        if let id, !id.utf8.elementsEqual(notification.channelID) { throw .notForThisSource("the channel") }
        if let resourceID, !resourceID.utf8.elementsEqual(notification.resourceID) {
            throw .notForThisSource("the resource")
        }
        return index
    }
}

/// Ids that Google Calendar lets a client choose for its events: 5 to 1024 of `0`–`9` and `a`–`v`.
package enum GoogleEventID {
    /// Whether Google takes `text` as an event's id.
    package static func isValid(_ text: String) -> Bool {
        (5...1_024).contains(text.utf8.count) && text.utf8.allSatisfy { alphabet.contains($0) }
    }

    /// The id that stands for `bytes`, at least four of them, in base32hex (RFC 4648 section 7) without padding.
    package static func make(_ bytes: [UInt8]) -> String {
        precondition(bytes.count >= 4, "an id has at least five characters")
        var text: [UInt8] = []
        var bits = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[bits >> count & 31])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { text.append(alphabet[bits << (5 - count) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv".utf8)
}

extension Headers {
    /// A header that need not be there; still at most once, printable ASCII and short.
    fileprivate func optional(_ name: String, bytesMax: Int) throws(SignatureError) -> [UInt8]? {
        do throws(SignatureError) {
            return try security(name, bytesMax: bytesMax)
        } catch .missing {
            return nil
        }
    }
}
