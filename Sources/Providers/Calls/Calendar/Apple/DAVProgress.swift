import Domain

/// How far an attempt at a CalDAV server is.
struct DAVProgress: Equatable {
    /// What is done next.
    enum Step: String {
        /// What the operation begins with.
        case begin
        /// Discovery: the principal's home is asked for.
        case home
        /// Discovery: the calendars in the home are asked for.
        case calendars
        /// The object is to be written over `etag`.
        case put
        /// It is written: what the server made of it is read.
        case stored
        /// A write was refused: whether an earlier one of the attempt's own stands there.
        case check
        /// The sync token is lost: everything is asked for.
        case anew
        /// The changed items are read.
        case items
    }

    var step = Step.begin
    /// Where discovery goes on.
    var url: String?
    /// The calendar's URL, once discovered.
    var collection: String?
    /// The etag to write over; nil when the server gave none.
    var etag: String?
    /// The object to write.
    var object: String?

    init() {}

    init(_ json: JSONValue) {
        step = json["step"]?.string.flatMap { Step(rawValue: $0) } ?? .begin
        url = json["url"]?.string
        collection = json["collection"]?.string
        etag = json["etag"]?.string
        object = json["object"]?.string
    }

    var json: JSONValue {
        let texts = [
            ("step", Optional(step.rawValue)), ("url", url), ("collection", collection), ("etag", etag),
            ("object", object),
        ]
        return .object(texts.compactMap { name, text in text.map { JSONMember(name, .string($0)) } })
    }

    /// The same calendar, another step.
    func at(_ step: Step) -> DAVProgress {
        var next = DAVProgress()
        next.step = step
        next.collection = collection
        return next
    }
}
