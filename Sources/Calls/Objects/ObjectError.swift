package import Providers

/// Why an object is not read.
package enum ObjectError: Error, Sendable, CustomStringConvertible {
    /// The provider keeps no objects.
    case unsupported
    /// The integration is switched off.
    case disabled
    /// The provider does not take such a key.
    case input(CallInputError)
    /// More are being read than is taken on.
    case overloaded
    /// The integration is not called for this long, or its budget is used up.
    case unavailable(Duration, ProviderFailure)
    /// The provider did not give it; the status is its answer's, nil without one.
    case failed(ProviderFailure, status: Int?)
    /// The bytes that came are not those that were stored.
    case damaged

    /// A stable word, fit for metric labels and problem documents.
    package var code: String {
        switch self {
        case .unsupported: "integration_unsupported"
        case .disabled: "integration_disabled"
        case .input(let error): error.code.rawValue
        case .overloaded: "overloaded"
        case .unavailable: "integration_down"
        case .failed(let failure, _): failure.code
        case .damaged: "checksum_mismatch"
        }
    }

    package var description: String {
        switch self {
        case .unsupported: "the integration's provider keeps no objects"
        case .disabled: "the integration is switched off"
        case .input(let error): error.description
        case .overloaded: "too many objects are being read"
        case .unavailable(_, let failure): failure.message
        case .failed(let failure, _): failure.message
        case .damaged: "the bytes that came are not those that were stored"
        }
    }
}
