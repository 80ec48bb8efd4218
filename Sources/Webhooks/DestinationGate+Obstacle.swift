import Domain
package import Registry
import Resilience

extension DestinationGate {
    /// What keeps the gate from letting a delivery through now, in words; nil when nothing does.
    ///
    /// - Parameter now: the monotonic clock.
    package func obstacle(now: Duration) -> String? {
        if let pausedUntil, pausedUntil > now {
            return "the destination asked to be left alone for \(Self.words(pausedUntil - now)) more"
        }
        if case .open(let until) = primary.state, until > now, !limits.hasStandby {
            return "its breaker lets the next try through in \(Self.words(until - now))"
        }
        if case .open(let until) = primary.state, until > now, case .open(let other) = standby.state,
            other > now
        {
            return
                "the breakers of both URLs are open; the next try is in \(Self.words(min(until, other) - now))"
        }
        if inFlight >= limits.concurrency {
            return "\(inFlight) deliveries are on their way, the destination's limit"
        }
        var open = self
        open.workArrived()
        if limits.isActive, let rate = limits.ratePerSecond, open.freePlaces(now: now) == 0 {
            return "the destination's rate of \(rate)/s is used up for now"
        }
        return nil
    }

    private static func words(_ duration: Duration) -> String {
        "\(Int64(duration.inSeconds.rounded(.up))) s"
    }
}

extension Destination {
    /// Why nothing is sent to it by its owner's or its own wish; nil when something is.
    package var standstill: String? {
        if !definition.enabled { return "the destination is disabled" }
        return stop.map { "the destination is stopped since \($0.since): \($0.reason)" }
    }
}
