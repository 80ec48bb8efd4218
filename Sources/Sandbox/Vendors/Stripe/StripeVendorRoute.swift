import Domain
import Resilience

/// The endpoints of Stripe that the sandbox has.
enum StripeVendorRoute: Hashable, Sendable {
    case createIntent
    case confirm(String)
    case capture(String)
    case cancel(String)
    case intent(String)
    case intents
    case search
    case createRefund
    case refund(String)
    case refunds
    case charge(String)
    case events
    case event(String)
    case balance

    /// What has a limit of its own.
    enum Endpoint: Hashable, Sendable {
        case createIntent
        case confirm
        case capture
        case cancel
        case intents
        case search
        case createRefund
        case refunds
        case charges
        case events
        case balance

        /// 25 a second, 20 for searches.
        var limiter: VendorLimiter {
            let rate = self == .search ? 20 : 25
            return VendorLimiter(.tokenBucket(ratePerSecond: Double(rate), burst: rate))
        }
    }

    /// Reads method and path; nil for what the sandbox does not have.
    init?(_ request: VendorRequest) {
        guard let segments = request.segments, segments.first == "v1" else { return nil }
        switch (request.method, segments.dropFirst().first, Array(segments.dropFirst(2))) {
        case ("POST", "payment_intents", []): self = .createIntent
        case ("GET", "payment_intents", []): self = .intents
        case ("GET", "payment_intents", ["search"]): self = .search
        case ("GET", "payment_intents", let rest) where rest.count == 1: self = .intent(rest[0])
        case ("POST", "payment_intents", let rest) where rest.count == 2:
            switch rest[1] {
            case "confirm": self = .confirm(rest[0])
            case "capture": self = .capture(rest[0])
            case "cancel": self = .cancel(rest[0])
            default: return nil
            }
        case ("POST", "refunds", []): self = .createRefund
        case ("GET", "refunds", []): self = .refunds
        case ("GET", "refunds", let rest) where rest.count == 1: self = .refund(rest[0])
        case ("GET", "charges", let rest) where rest.count == 1: self = .charge(rest[0])
        case ("GET", "events", []): self = .events
        case ("GET", "events", let rest) where rest.count == 1: self = .event(rest[0])
        case ("GET", "balance", []): self = .balance
        default: return nil
        }
    }

    /// Whose limit it counts against.
    var endpoint: Endpoint {
        switch self {
        case .createIntent: .createIntent
        case .confirm: .confirm
        case .capture: .capture
        case .cancel: .cancel
        case .intent, .intents: .intents
        case .search: .search
        case .createRefund: .createRefund
        case .refund, .refunds: .refunds
        case .charge: .charges
        case .events, .event: .events
        case .balance: .balance
        }
    }
}
