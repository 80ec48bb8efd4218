import Domain

/// When the storm of a simulation begins by the wall clock: some dates are worse than others.
///
/// The storm takes 75 s; where it is to cross an instant it begins at most 60 s before.
enum StartInstant {
    /// 2026-06-20 12:00 UTC.
    static let ordinaryDay = Instant(seconds: 1_781_956_800)
    /// What a storm can cross.
    static let crossings = [
        Instant(seconds: 1_782_000_000),  // 2026-06-21 00:00 UTC: a new day of bodies.
        Instant(seconds: 1_782_014_400),  // 2026-06-21 00:00 in New York.
        Instant(seconds: 1_781_992_800),  // 2026-06-21 00:00 in Berlin.
        Instant(seconds: 1_772_953_200),  // 2026-03-08 07:00 UTC: New York goes from 02:00 to 03:00.
        Instant(seconds: 1_793_512_800),  // 2026-11-01 06:00 UTC: New York goes back from 02:00 to 01:00.
        Instant(seconds: 1_774_746_000),  // 2026-03-29 01:00 UTC: Berlin goes from 02:00 to 03:00.
        Instant(seconds: 1_792_890_000),  // 2026-10-25 01:00 UTC: Berlin goes back from 03:00 to 02:00.
        Instant(seconds: 1_798_761_600),  // 2027-01-01 00:00 UTC: a new year.
    ]

    /// One seed in three begins on an ordinary day, the others shortly before one of `crossings`.
    static func draw(seed: UInt64) -> Instant {
        let random = RandomSource(seed: seed, purpose: "start")
        guard random.next() % 3 > 0, let crossing = random.element(of: crossings) else {
            return ordinaryDay
        }
        return crossing - .microseconds(Int64(random.fraction() * 60_000_000))
    }
}
