import Domain

extension Budget {
    /// How long it takes until `calls` more of this class have gone, in seconds, if no others come.
    ///
    /// | limit | estimate for n calls |
    /// |---|---|
    /// | bucket | wait of the first + (n − tokens) / rate |
    /// | window, r left in this one, W long, Q in each | 0 when n ≤ r, else time to the turn + ⌊(n − r − 1) / Q⌋ · W |
    /// | places, free f, calls taking d on average | 0 when n ≤ f, else (n − f) / count · d |
    package mutating func estimate(_ budgetClass: BudgetClass, calls: Int, now: ClockReading) -> Double {
        advance(now)
        let time = now.seconds
        let paused = max(0, pause.wait(budgetClass, at: time))
        let calls = max(calls, 1)
        switch meter {
        case .bucket(let bucket):
            let held = held(for: nil, now, burst: bucket.burst)
            let first = bucket.wait(budgetClass, held: held, leavesSome: false, at: time)
            return max(paused, first + Double(calls - 1) * bucket.interval, 0)
        case .window(let window):
            let held = held(for: nil, now, turnsAt: window.turnsAt)
            let limit = windows.limit(of: window.count, punishes: policy.punishes)
            let share = window.share(budgetClass, of: limit, held: held, at: time)
            let left = windows.isFull ? 0 : max(0, Int(share) - window.used)
            guard calls > left else { return paused }
            let later = Double((calls - left - 1) / max(limit, 1)) * window.length
            return max(paused, max(window.turnsAt - time, 0) + later)
        case .places(let places):
            return max(paused, places.estimate(budgetClass, calls: calls))
        }
    }

    /// How much of the limit is in use, 0 to 1.
    package var usedPart: Double {
        switch meter {
        case .bucket(let bucket): bucket.usedPart
        case .window(let window): Double(window.used) / Double(window.count)
        case .places(let places): Double(places.inFlight) / Double(places.count)
        }
    }

    /// What is in use now, and of how much: tokens, the calls of the window, or places.
    package mutating func usage(now: ClockReading) -> (used: Int, of: Int) {
        advance(now)
        switch meter {
        case .bucket(let bucket):
            let missing = max(0, bucket.fullAt - now.seconds) / bucket.interval
            return (Int(min(missing, bucket.burst).rounded(.up)), Int(bucket.burst))
        case .window(let window):
            let limit = windows.limit(of: window.count, punishes: policy.punishes)
            return (min(window.used, limit), limit)
        case .places(let places): return (places.inFlight, places.count)
        }
    }

    /// The limit as it is believed now, with what was told and learned.
    package var kind: LimitKind {
        switch meter {
        case .bucket(let bucket):
            .tokenBucket(ratePerSecond: bucket.rate, burst: Int(bucket.burst))
        case .window(let window):
            .fixedWindow(
                count: windows.limit(of: window.count, punishes: true),
                length: Duration(fractionalSeconds: window.length)
            )
        case .places(let places): .concurrency(count: places.learned)
        }
    }

    /// Whether a new budget would be just the same.
    func isRested(_ now: ClockReading) -> Bool {
        let time = now.seconds
        guard pause.until <= time, holds.isEmpty else { return false }
        switch meter {
        case .bucket(let bucket): return bucket.fullAt <= time
        case .window(let window): return window.turnsAt + window.length <= time || window.used == 0
        case .places(let places): return places.inFlight == 0 && places.lostEnd == nil
        }
    }
}
