package import Domain

/// Something that goes wrong at a vendor, on command: for a share of its requests and for some time.
package struct VendorFault: Hashable, Sendable {
    /// What goes wrong.
    package enum Kind: Hashable, Sendable {
        /// No connection.
        case refuse
        /// The request is swallowed without an effect, and nothing comes back.
        case blackHole
        /// A 5xx before anything took effect.
        case failBefore(status: Int)
        /// A 5xx after it took effect.
        case failAfter(status: Int)
        /// A 5xx that the vendor stores under the request's key and repeats.
        case storedFailure(VendorConditions.StoredFailure)
        /// Every answer takes this much longer.
        case slow(Duration)
        /// Every answer takes longer and longer: `first` at the beginning, eight times as long after `over`.
        case creep(first: Duration, over: Duration)
        /// 429 before anything took effect.
        case storm(RetryAdvice)
        /// It took effect, and the connection breaks instead of an answer.
        case dropAnswer
        /// The connection breaks, and it takes effect this long afterwards.
        case lateEffect(Duration)
        /// New things stay out of sight of GET, search and list for this long.
        case hideNew(Duration)
        /// The vendor's clock is ahead by this much; behind when negative.
        case clockSkew(Duration)
        /// The vendor grants half of its documented limits.
        case halveLimit
        /// The vendor grants this many times its documented limits.
        case scaleLimit(Double)
        /// Who goes over the limit is shut out for this long, with 429 to everything.
        case punish(Duration)
    }

    /// What a 429 says in `Retry-After`.
    package enum RetryAdvice: Hashable, Sendable {
        /// No such field.
        case absent
        /// Whole seconds.
        case seconds(Int)
        /// The date this many seconds from now.
        case date(seconds: Int)
        /// A text that is neither: `soon`.
        case garbage
    }

    /// The longest delay, skew or duration of a fault: a week.
    package static let durationMax = Duration.seconds(604_800)

    /// How much `scaleLimit` may change a limit.
    package static let limitFactors = 0.01...1_000.0

    fileprivate static func believable(_ factor: Double) -> Double {
        factor.isNaN ? 1 : min(max(factor, limitFactors.lowerBound), limitFactors.upperBound)
    }

    /// What goes wrong.
    package let kind: Kind
    /// The share of requests it befalls, 0 to 1.
    package let share: Double
    /// The only method it befalls, upper case; nil is every one.
    package let method: String?
    /// How the paths it befalls begin; nil is every one.
    package let path: String?
    /// When it began: `creep` grows from here.
    package let since: Instant
    /// When it ends; nil is never.
    package let until: Instant?

    /// Describes a fault; `share` is cut to 0...1, durations to `durationMax`, factors to `limitFactors`.
    package init(
        _ kind: Kind,
        share: Double = 1,
        method: String? = nil,
        path: String? = nil,
        since: Instant,
        until: Instant? = nil
    ) {
        self.kind = kind.cut
        self.share = share.isNaN ? 0 : min(max(share, 0), 1)
        self.method = method
        self.path = path
        self.since = since
        self.until = until
    }

    /// Whether it can befall this request.
    func concerns(_ request: VendorRequest, now: Instant) -> Bool {
        guard now >= since, until.map({ now < $0 }) ?? true else { return false }
        if let method, !method.utf8.elementsEqual(request.method.utf8) { return false }
        if let path, !request.path.utf8.starts(with: path.utf8) { return false }
        return true
    }

    /// How much longer an answer takes at `now`.
    ///
    /// | `creep(first: 100 ms, over: 10 min)` after | delay |
    /// |---|---|
    /// | 0 min | 100 ms |
    /// | 5 min | 450 ms |
    /// | 10 min and later | 800 ms |
    func delay(now: Instant) -> Duration {
        switch kind {
        case .slow(let delay): return delay
        case .creep(let first, let over):
            let progress = over > .zero ? min((now - since).inSeconds / over.inSeconds, 1) : 1
            return first * (1 + 7 * max(progress, 0))
        default: return .zero
        }
    }
}

extension VendorFault.Kind {
    fileprivate var cut: Self {
        let limit = VendorFault.durationMax
        let cut = { (duration: Duration) in min(max(duration, .zero), limit) }
        return switch self {
        case .slow(let delay): .slow(cut(delay))
        case .creep(let first, let over): .creep(first: cut(first), over: cut(over))
        case .lateEffect(let delay): .lateEffect(cut(delay))
        case .hideNew(let delay): .hideNew(cut(delay))
        case .clockSkew(let skew): .clockSkew(min(max(skew, .zero - limit), limit))
        case .punish(let time): .punish(cut(time))
        case .scaleLimit(let factor): .scaleLimit(VendorFault.believable(factor))
        default: self
        }
    }
}
