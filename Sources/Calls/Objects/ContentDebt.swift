package import Domain
package import Providers

/// How it stands with an object that has to be copied back; raw values are stored.
package enum ContentDebtState: Int64, CaseIterable, Sendable {
    /// It is to be copied.
    case owed = 0
    /// It is where it belongs, and both ends were compared.
    case settled = 1
    /// A later call has stored or removed an object of this key.
    case superseded = 2
    /// An older object has the key, and the call said `overwrite: false`: a person decides.
    case refused = 3
    /// The two ends do not hold the same: a person decides.
    case differs = 4
    /// The bytes are nowhere to be had any more.
    case lost = 5

    /// The name in documents.
    package var name: String {
        switch self {
        case .owed: "owed"
        case .settled: "settled"
        case .superseded: "superseded"
        case .refused: "refused"
        case .differs: "differs"
        case .lost: "lost"
        }
    }
}

/// An object that was stored by another integration than the first of its route, and belongs to that one.
package struct ContentDebt: Sendable {
    /// The upload.
    package let call: CallID
    /// Whose upload it was.
    package let owner: String
    /// The vendor it was for.
    package let vendor: ResourceName?
    /// Where the object is.
    package let source: Int64
    /// Where it belongs.
    package let owed: Int64
    /// The object's key, at both.
    package let key: String
    /// What was stored; its id names what is kept of it, until that is gone.
    package var content: StoredContent
    /// Whether an object of this key may be replaced.
    package let overwrites: Bool
    /// How it stands.
    package var state: ContentDebtState
    /// When it is looked at next, or until when somebody is at it.
    package var dueAt: Instant
    /// Raised by each that takes it on.
    package var epoch: Int64
    /// How often copying has failed.
    package var tries: Int
    /// The sealed progress of the upload.
    package var progress: [UInt8]?
    /// Why the last try failed.
    package var failure: ProviderFailure?
    /// The version tag where it is, when both ends were compared.
    package var sourceTag: String?
    /// The version tag where it belongs, when both ends were compared.
    package var owedTag: String?
    /// When the upload was over.
    package let createdAt: Instant
    /// When it was over.
    package var finishedAt: Instant?
}

/// Which debts a listing wants.
package struct ContentDebtFilter: Sendable {
    /// Only those that stand so.
    package var state: ContentDebtState?
    /// Only those of calls that this owner asked for, or that were made for `vendor`; nil is everybody's.
    package var owner: String?
    /// See `owner`.
    package var vendor: ResourceName?

    /// Wants every debt.
    package init(state: ContentDebtState? = nil, owner: String? = nil, vendor: ResourceName? = nil) {
        self.state = state
        self.owner = owner
        self.vendor = vendor
    }
}
