import Calls
import Domain
import Providers

extension Problem {
    /// What a caller is told whose call was not taken in; nothing was sent.
    init(_ error: CallError) {
        switch error {
        case .input(let fault):
            self.init(
                status: 422,
                code: Self.code(fault.code.rawValue),
                title: "The call's input cannot be used.",
                detail: error.description,
                extensions: [JSONMember("pointer", .string("/input\(fault.pointer)"))]
            )
        case .noIntegration, .unknownTarget, .target, .unknownOwner, .badDeadline, .keyReused:
            self.init(
                status: 422,
                code: Self.code(error.code),
                title: "The call cannot be made.",
                detail: error.description
            )
        case .badKey:
            self = .badRequest(Self.code(error.code), error.description)
        case .keyInFlight:
            self.init(
                status: 409,
                code: Self.code(error.code),
                title: "The same call is on its way.",
                detail: error.description,
                headers: Headers([("retry-after", "1")])
            )
        case .notInDoubt:
            self.init(
                status: 409,
                code: Self.code(error.code),
                title: "There is nothing to settle.",
                detail: error.description
            )
        case .overloaded: self = .overloaded(retryAfterSeconds: 1)
        }
    }

    /// 400: a call that changes something needs a key.
    static let missingKey = badRequest(
        "idempotency-key-missing",
        "Send an Idempotency-Key: a new one for each operation, the same one when you repeat the request."
    )

    /// 422: there is no such operation.
    static func unknownOperation(_ capability: Capability?) -> Problem {
        let known = capability.map { $0.operations.map(\.name).joined(separator: ", ") }
        return Problem(
            status: 422,
            code: "operation-unknown",
            title: "There is no such operation.",
            detail: known.map { "This capability has: \($0)." }
        )
    }

    private static func code(_ text: String) -> String {
        String(text.map { $0 == "_" ? "-" : $0 })
    }
}
