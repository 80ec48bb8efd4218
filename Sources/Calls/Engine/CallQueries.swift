package import Domain
import Providers
import Storage

/// Which calls are wanted.
package struct CallFilter: Sendable {
    /// Only those that stand here.
    package var state: CallState?
    /// Only this operation, or a capability's: `payments.charge`, `payments`.
    package var operation: String?
    /// Only this wedding's.
    package var wedding: WeddingID?
    /// Only this vendor's.
    package var vendor: ResourceName?

    /// Wants every call.
    package init(
        state: CallState? = nil,
        operation: String? = nil,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil
    ) {
        self.state = state
        self.operation = operation
        self.wedding = wedding
        self.vendor = vendor
    }
}

extension CallEngine {
    /// The calls that fit a filter, newest first, older than `before`.
    package func list(_ filter: CallFilter, before: CallID?, limit: Int) async throws -> [StoredCall] {
        let pattern = filter.operation.map { $0.contains(".") ? $0 : "\($0).%" }
        return try await database.read { transaction in
            try transaction.query(
                CallTable.page,
                [
                    .optional(filter.state) { .integer($0.rawValue) }, .optional(pattern) { .text($0) },
                    .optional(filter.wedding) { .text($0.text) }, .optional(filter.vendor) { .text($0.text) },
                    .blob(before?.bytes ?? [UInt8](repeating: 0xFF, count: 16)), .integer(limit),
                ]
            ).map { try CallTable.call($0, from: 0) }
        }
    }

    /// How long after its end a call is in the order of ends for good.
    package static let settleTime = Duration.seconds(30)

    /// The calls that ended after an instant, or then and with a later id, long enough ago, in the order they ended.
    package func ended(after instant: Instant, _ id: CallID?, limit: Int) async throws -> [StoredCall] {
        let last = ports.time.now() - Self.settleTime
        return try await database.read {
            try CallTable.ended(after: (instant, id), through: last, limit: limit, $0)
        }
    }

    /// A call as stored; nil when there is none of this id.
    package func find(_ id: CallID) async throws -> StoredCall? {
        try await database.read { try CallTable.load(id, $0) }
    }

    /// The attempts of a call, oldest first.
    package func attempts(of id: CallID) async throws -> [StoredAttempt] {
        try await database.read { try AttemptTable.load(of: id, $0) }
    }

    /// What became of a call; nil when there is none of this id.
    package func result(of id: CallID) async throws -> CallResult? {
        guard let call = try await find(id) else { return nil }
        return try await opened(call)
    }

    /// How many calls are not over, by where they stand, and since when the oldest stands there.
    package func openCalls() async throws -> [CallState: (count: Int, oldest: Instant)] {
        try await database.read { try CallTable.countOpen($0) }
    }

    /// A call with its reply opened.
    func opened(_ call: StoredCall) async throws -> CallResult {
        var reply: JSONValue?
        if let sealed = call.reply { reply = try await seal.open(sealed, .reply, of: call.id.bytes) }
        let directory = ports.directory()
        return CallResult(
            call: call,
            reply: reply,
            integration: call.integration.flatMap { directory.integrations[$0]?.name }
        )
    }
}
