import Access
import Domain
import Telemetry

/// What a client wants of the live stream: which signals, and from where on.
struct StreamRequest {
    let filter: SignalFilter
    /// Where the client was; nil begins now.
    let place: SignalPlace?

    /// The parameters of a stream's query.
    static let parameters: [Route.Parameter] = [
        .init(
            "kinds",
            .string(length: 1...512),
            "Only these kinds, separated by commas; `health.*` is a family. All unless given."
        ),
        .init("wedding", .string(length: 1...128), "Only signals of this wedding."),
        .init("vendor", .string(length: 1...63), "Only signals that this vendor may see."),
        .init(
            "subject",
            .string(length: 1...SignalFilter.subjectBytesMax),
            "Only signals whose subject begins so."
        ),
        .init(
            "last_event_id",
            .string(length: 1...64),
            "Go on behind this signal; the header Last-Event-ID goes before it."
        ),
    ]

    /// Reads a request's query and its `Last-Event-ID`.
    init(_ call: RouteCall, _ scope: AccessScope) throws(Problem) {
        let header = call.request.headers.first("last-event-id").flatMap { $0.isEmpty ? nil : $0 }
        try self.init(scope, lastID: header) { call.text($0) }
    }

    /// Reads a client's message: the same names as the query's.
    ///
    /// - Parameter text: the value of a name; nil when it is not there.
    init(
        _ scope: AccessScope,
        lastID: String? = nil,
        text: (String) -> String?
    ) throws(Problem) {
        var filter = SignalFilter()
        if let names = text("kinds") {
            guard let kinds = SignalKinds(names: names) else {
                let known = SignalKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest("unknown-kind", "Known kinds are: \(known).")
            }
            filter.kinds = kinds
        }
        if let wedding = text("wedding") {
            guard let id = WeddingID(wedding) else {
                throw .badRequest("invalid-wedding", "That is no wedding's id.")
            }
            filter.wedding = id
        }
        if let name = text("vendor") {
            guard let vendor = ResourceName(name) else {
                throw .badRequest("invalid-vendor", "That is no vendor's name.")
            }
            filter.vendor = vendor
        }
        if let subject = text("subject") {
            guard subject.utf8.count <= SignalFilter.subjectBytesMax else {
                throw .badRequest(
                    "invalid-subject",
                    "A subject has at most \(SignalFilter.subjectBytesMax) bytes."
                )
            }
            filter.subject = subject
        }
        if case .vendor(let own) = scope.principal {
            guard filter.vendor == nil || filter.vendor == own else { throw .notFound }
            filter.vendor = own
        }
        self.filter = filter
        place = (lastID ?? text("last_event_id")).map { SignalPlace($0) ?? .unknown }
    }
}

extension SignalPlace {
    /// The place of a client that says something that is none: everything may be new to it.
    fileprivate static let unknown = SignalPlace(id: SignalID(epoch: 0, number: 0), milliseconds: 0)
}
