package import Domain
import Logging
package import Providers
import Storage

/// What a provider sent, as it came, but for what is nobody's business: fields that repeat the credential or speak of
/// the connection, and a body that repeats the credential.
package struct RawAnswer: Hashable, Sendable {
    /// The most bytes of a body that are kept: 64 KiB.
    package static let bodyBytesMax = 65_536
    /// The most bytes of all fields together: 16 KiB; the rest is left out.
    package static let headerBytesMax = 16_384
    /// How long one is kept.
    package static let life = Duration.seconds(7 * 86_400)

    /// The attempt it belongs to.
    package let attempt: CallAttemptID
    /// When it came.
    package let receivedAt: Instant
    /// Its status.
    package let status: Int
    /// Its fields, in order.
    package let headers: [Headers.Field]
    /// Its body, cut at `bodyBytesMax`.
    package let body: [UInt8]
    /// Whether fields or a part of the body were cut off.
    package let isCut: Bool
    /// Whether the body is left out because it repeats the credential.
    package let isWithheld: Bool

    /// Takes what may be kept of an answer.
    package init(_ answer: ProviderAnswer, of attempt: CallAttemptID, _ account: IntegrationAccount) {
        var bytes = 0
        let fields = ProxyRules.returned(answer.headers, account)
        let kept = fields.prefix { field in
            bytes += field.name.utf8.count + field.value.utf8.count
            return bytes <= Self.headerBytesMax
        }
        isWithheld = account.isRepeated(in: String(decoding: answer.body, as: UTF8.self))
        self.attempt = attempt
        receivedAt = answer.at
        status = answer.status
        headers = Array(kept)
        body = isWithheld ? [] : Array(answer.body.prefix(Self.bodyBytesMax))
        isCut = kept.count < fields.count || !isWithheld && answer.body.count > Self.bodyBytesMax
    }

    init(_ stored: StoredAnswer, _ json: JSONValue) {
        attempt = stored.attempt
        receivedAt = stored.receivedAt
        status = stored.status
        let fields = json["headers"]?.array?.compactMap { pair -> (String, String)? in
            guard let name = pair.array?.first?.string, let value = pair.array?.last?.string else {
                return nil
            }
            return (name, value)
        }
        headers = Headers(fields ?? []).fields
        body = json["body"]?.string.flatMap { Base64.decode($0) } ?? []
        isCut = json["cut"]?.bool ?? false
        isWithheld = json["withheld"]?.bool ?? false
    }

    /// What is sealed of it.
    var json: JSONValue {
        [
            "headers": .array(headers.map { [.string($0.name), .string($0.value)] }),
            "body": .string(Base64.encode(body)), "cut": .bool(isCut), "withheld": .bool(isWithheld),
        ]
    }
}

/// An answer that came in the last exchange of a call.
struct LastAnswer: Sendable {
    let answer: ProviderAnswer
    let account: IntegrationAccount
}

extension CallRunner {
    /// The answer to keep of a call that stands in `state` now; nil when none came, or nobody will want it: of what
    /// succeeded it is kept when the caller asked for that, of everything else always.
    ///
    /// One that cannot be sealed is left out: the call matters more.
    func keptAnswer(_ work: CallWork, _ state: CallState) async -> StoredAnswer? {
        guard let last = work.lastAnswer, let attempt = work.attempts.last,
            work.call.keepsRaw || state != .succeeded
        else { return nil }
        let raw = RawAnswer(last.answer, of: attempt.id, last.account)
        let call = work.call.id
        do {
            return StoredAnswer(
                call: call,
                attempt: attempt.id,
                receivedAt: raw.receivedAt,
                status: raw.status,
                sealed: try await seal.seal(raw.json, .raw, of: call.bytes, now: ports.time.now())
            )
        } catch {
            ports.logger.warning(
                "a provider's answer cannot be kept",
                metadata: ["call": "\(call)", "error": "\(error)"]
            )
            return nil
        }
    }
}

extension CallEngine {
    /// The most raw answers that are dropped in one look.
    static let answersSweptMax = 1_000

    /// What the provider sent in the attempt that decided a call, as it came; nil when it is not kept, or no more.
    package func rawAnswer(of id: CallID) async throws -> RawAnswer? {
        guard let stored = try await database.read({ try AnswerTable.load(id, $0) }) else { return nil }
        return RawAnswer(stored, try await seal.open(stored.sealed, .raw, of: id.bytes))
    }

    /// Drops raw answers that are too old.
    func sweepAnswers(_ now: Instant) async throws {
        _ = try await database.write {
            try AnswerTable.drop(before: now - RawAnswer.life, limit: Self.answersSweptMax, $0)
        }
    }
}
