import Registry
import Transport

/// Why a sender's address keeps its webhook out.
package enum AddressRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The address is in none of the source's ranges.
    case notAllowed
    /// The address cannot be told, and the source has an allow-list.
    case unknownClient

    /// Nil when the source takes webhooks from this sender; `client` is only asked when it has an allow-list.
    init?(_ source: Source, _ client: () -> IPAddress?) {
        guard !source.allowedRanges.isEmpty else { return nil }
        let address = client()
        guard !source.isAllowed(address) else { return nil }
        self = address == nil ? .unknownClient : .notAllowed
    }

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .notAllowed: "address_not_allowed"
        case .unknownClient: "client_address_unknown"
        }
    }

    package var description: String {
        switch self {
        case .notAllowed: "the sender's address is not in the source's allow_from"
        case .unknownClient:
            "the sender's address is not known: X-Forwarded-For must hold one address for each of trusted_proxies"
        }
    }
}
