/// A set of kinds of signals.
package struct SignalKinds: OptionSet, Hashable, Sendable {
    /// One bit for each kind, by its place in the enumeration.
    package let rawValue: UInt32

    /// Makes a set of bits.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The set of one kind.
    package init(_ kind: SignalKind) {
        self.init(rawValue: 1 << UInt32(kind.ordinal))
    }

    /// Every kind.
    package static let all = SignalKinds(SignalKind.allCases.map { SignalKinds($0) })

    /// The kinds that come thousands of times a second: they are kept only while somebody watches them.
    package static let busy = SignalKinds(SignalKind.allCases.filter(\.isBusy).map { SignalKinds($0) })

    /// The members, in the order of the enumeration.
    package var kinds: [SignalKind] {
        SignalKind.allCases.filter { contains(SignalKinds($0)) }
    }

    /// The places of the members in the enumeration.
    var ordinals: some Sequence<Int> {
        (0..<SignalKind.allCases.count).lazy.filter { rawValue >> UInt32($0) & 1 == 1 }
    }

    /// Reads names separated by commas; nil when one of them is none.
    ///
    /// `health.*` is every kind that begins so.
    package init?(names: String) {
        var kinds: SignalKinds = []
        for name in names.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let matching = SignalKind.allCases.filter { kind in
                name.last == UInt8(ascii: "*")
                    ? kind.rawValue.utf8.starts(with: name.dropLast())
                    : kind.rawValue.utf8.elementsEqual(name)
            }
            guard !matching.isEmpty else { return nil }
            for kind in matching { kinds.insert(SignalKinds(kind)) }
        }
        self = kinds
    }
}

extension SignalKind {
    /// Its place in the enumeration.
    var ordinal: Int {
        switch self {
        case .eventStored: 0
        case .deliverySucceeded: 1
        case .deliveryFailed: 2
        case .deliveryDead: 3
        case .callChanged: 4
        case .failoverOpened: 5
        case .failoverEnded: 6
        case .healthChanged: 7
        case .healthFigures: 8
        case .incidentOpened: 9
        case .incidentChanged: 10
        case .incidentClosed: 11
        case .emergencyChanged: 12
        case .alertChanged: 13
        case .silenceChanged: 14
        }
    }

    /// Whether it comes with every webhook or delivery.
    package var isBusy: Bool {
        switch self {
        case .eventStored, .deliverySucceeded, .deliveryFailed: true
        default: false
        }
    }
}
