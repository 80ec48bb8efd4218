import ArgumentParser
import Domain
import Gateway

/// A point in time on the command line: `2027-06-19T14:30:00Z`, or so long ago: `90s`, `15m`, `2h`, `3d`.
struct Moment: ExpressibleByArgument {
    let instant: Instant

    init?(argument: String) {
        guard let instant = TimeArgument.instant(argument, now: Time.system.now()) else { return nil }
        self.instant = instant
    }
}
