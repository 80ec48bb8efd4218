package import Domain

/// Where in one source's webhooks it stands which wedding and vendor an event belongs to.
///
/// The setting `correlation` of a source replaces the defaults of its provider, list by list:
///
/// | key | type | meaning |
/// |---|---|---|
/// | `wedding` | list of places | where the wedding's id stands |
/// | `vendor` | list of places | where the vendor's name stands |
/// | `references` | object: `provider:kind` → list of places | where the id of an object tied to a wedding stands |
///
/// A place is a JSON pointer (`/data/object/id`), `header:` and a header's name, or `query:` and a parameter of the
/// URL. At most `placesMax` places in all; an empty list asks for nothing.
///
/// | provider | wedding | vendor | references |
/// |---|---|---|---|
/// | `stripe` | `/data/object/metadata/wedding_id` | `/data/object/metadata/vendor` | `stripe:customer`, `stripe:payment-intent` |
/// | `sendgrid` | `/wedding_id`, `/0/wedding_id` | `/vendor`, `/0/vendor` | – |
/// | `twilio` | `query:wedding` | `query:vendor` | – |
/// | `zoom` | – | – | `zoom:meeting` at `/payload/object/id` |
/// | `google-calendar` | – | – | `google-calendar:channel` at `header:x-goog-channel-id` |
/// | `microsoft-graph` | – | – | `microsoft-graph:subscription` at `/subscriptionId`, `/value/0/subscriptionId` |
/// | `square` | `/data/object/payment/reference_id` | – | – |
/// | `paypal` | `/resource/custom_id` | – | – |
/// | all others | `/data/metadata/wedding_id`, `/metadata/wedding_id`, `/data/wedding_id`, `/wedding_id` | the same with `vendor` | – |
package struct CorrelationRules: Hashable, Sendable {
    /// The most places over all three keys.
    package static let placesMax = 32
    /// The key of a source's settings that holds the rules.
    package static let settingsKey = "correlation"

    /// Where one value stands.
    enum Place: Hashable, Sendable {
        case pointer(JSONPointer)
        case header(String)
        case query(String)
    }

    /// What the value at a place is.
    enum Meaning: Hashable, Sendable {
        case wedding
        case vendor
        case reference(provider: ResourceName, kind: ResourceName)
    }

    private struct Rule: Hashable, Sendable {
        let meaning: Meaning
        let place: Place
    }

    private let rules: [Rule]
    private let pointers: JSONPointerSet

    package static func == (left: CorrelationRules, right: CorrelationRules) -> Bool {
        left.rules == right.rules
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(rules)
    }

    private init(_ rules: [Rule]) {
        self.rules = rules
        pointers = JSONPointerSet(
            rules.compactMap { rule in
                guard case .pointer(let pointer) = rule.place else { return nil }
                return pointer
            }
        )
    }

    /// The rules of a provider without settings.
    package static func defaults(for provider: String) -> CorrelationRules {
        CorrelationRules(defaultRules(provider))
    }

    /// Reads the setting `correlation`; `{}` gives the provider's defaults.
    package init(_ json: JSONValue, provider: String) throws(ProviderError) {
        guard let members = json.object else {
            throw .invalidSetting(Self.settingsKey, expected: "an object with wedding, vendor or references")
        }
        var rules = Self.defaultRules(provider)
        for member in members {
            switch member.name {
            case "wedding":
                rules.removeAll { $0.meaning == .wedding }
                rules += try Self.rules(member, .wedding)
            case "vendor":
                rules.removeAll { $0.meaning == .vendor }
                rules += try Self.rules(member, .vendor)
            case "references":
                rules.removeAll { if case .reference = $0.meaning { true } else { false } }
                rules += try Self.referenceRules(member.value)
            default:
                let name = "\(Self.settingsKey).\(member.name)"
                throw .unknownSetting(name, known: ["wedding", "vendor", "references"])
            }
        }
        guard rules.count <= Self.placesMax else {
            throw .invalidSetting(Self.settingsKey, expected: "at most \(Self.placesMax) places in all")
        }
        self.init(rules)
    }

    private static func rules(_ member: JSONMember, _ meaning: Meaning) throws(ProviderError) -> [Rule] {
        let places = member.value.array?.map { $0.string.flatMap(place) }
        guard let places, !places.contains(where: { $0 == nil }) else {
            throw .invalidSetting(
                "\(settingsKey).\(member.name)",
                expected: "a list of places: `/json/pointer`, `header:name` or `query:name`"
            )
        }
        return places.compactMap(\.self).map { Rule(meaning: meaning, place: $0) }
    }

    private static func referenceRules(_ json: JSONValue) throws(ProviderError) -> [Rule] {
        guard let members = json.object else {
            throw .invalidSetting(
                "\(settingsKey).references",
                expected: "an object: `provider:kind` → places"
            )
        }
        var rules: [Rule] = []
        for member in members {
            guard let meaning = reference(member.name) else {
                throw .invalidSetting(
                    "\(settingsKey).references",
                    expected: "keys `provider:kind`, such as `zoom:meeting`"
                )
            }
            rules += try self.rules(JSONMember("references", member.value), meaning)
        }
        return rules
    }

    private static func reference(_ text: String) -> Meaning? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let provider = ResourceName(parts[0]), let kind = ResourceName(parts[1])
        else {
            return nil
        }
        return .reference(provider: provider, kind: kind)
    }

    private static func place(_ text: String) -> Place? {
        if text.utf8.first == UInt8(ascii: "/") { return JSONPointer(text).map { .pointer($0) } }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, (1...64).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        switch parts[0] {
        case "header": return .header(lowercasedASCII(parts[1]))
        case "query": return .query(parts[1])
        default: return nil
        }
    }

    private static func defaultRules(_ provider: String) -> [Rule] {
        func rules(
            wedding: [String] = [],
            vendor: [String] = [],
            references: [(String, String)] = []
        ) -> [Rule] {
            let owners = wedding.map { (Meaning.wedding, $0) } + vendor.map { (Meaning.vendor, $0) }
            let objects = references.compactMap { name, text in reference(name).map { ($0, text) } }
            return (owners + objects).compactMap { meaning, text in
                place(text).map { Rule(meaning: meaning, place: $0) }
            }
        }
        switch provider {
        case "stripe":
            return rules(
                wedding: ["/data/object/metadata/wedding_id"],
                vendor: ["/data/object/metadata/vendor"],
                references: [
                    ("stripe:customer", "/data/object/customer"),
                    ("stripe:payment-intent", "/data/object/payment_intent"),
                ]
            )
        case "sendgrid":
            return rules(wedding: ["/wedding_id", "/0/wedding_id"], vendor: ["/vendor", "/0/vendor"])
        case "twilio": return rules(wedding: ["query:wedding"], vendor: ["query:vendor"])
        case "zoom": return rules(references: [("zoom:meeting", "/payload/object/id")])
        case "google-calendar":
            return rules(references: [("google-calendar:channel", "header:x-goog-channel-id")])
        case "microsoft-graph":
            return rules(references: [
                ("microsoft-graph:subscription", "/subscriptionId"),
                ("microsoft-graph:subscription", "/value/0/subscriptionId"),
            ])
        case "square": return rules(wedding: ["/data/object/payment/reference_id"])
        case "paypal": return rules(wedding: ["/resource/custom_id"])
        default:
            let bases = ["/data/metadata/", "/metadata/", "/data/", "/"]
            return rules(wedding: bases.map { $0 + "wedding_id" }, vendor: bases.map { $0 + "vendor" })
        }
    }

    /// What one webhook says of weddings and vendors; whether they exist is for the registry to know.
    ///
    /// One pass over the body, and none at all when no rule asks for it or it is no JSON. Values that could be no id
    /// are passed over, never an error: an event whose wedding is unknown is an event all the same.
    package func candidates(body: [UInt8], headers: Headers, url: String) -> CorrelationCandidates {
        var found: [JSONScanner.Found?] = []
        if !pointers.pointers.isEmpty,
            body.first(where: { $0 > 0x20 }).map({ "{[".utf8.contains($0) }) ?? false
        {
            found = (try? JSONScanner.scan(body, pointers: pointers)) ?? []
        }
        let query =
            rules.contains { if case .query = $0.place { true } else { false } } ? queryPairs(url) : []
        var candidates = CorrelationCandidates()
        var next = 0
        for rule in rules {
            let text: String?
            switch rule.place {
            case .pointer:
                let bytes = next < found.count ? found[next]?.bytes : nil
                next += 1
                text = bytes.map { String(decoding: $0, as: UTF8.self) }
            case .header(let name): text = headers.first(name)
            case .query(let name): text = query.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
            }
            if let text { candidates.add(rule.meaning, text) }
        }
        return candidates
    }
}

/// What a webhook names, in the order of the rules: the first that exists counts.
package struct CorrelationCandidates: Hashable, Sendable {
    /// Ids of weddings.
    package private(set) var weddings: [WeddingID] = []
    /// Names of vendors.
    package private(set) var vendors: [ResourceName] = []
    /// Objects that may be tied to a wedding.
    package private(set) var references: [ExternalReference] = []

    /// None.
    package init() {}

    mutating func add(_ meaning: CorrelationRules.Meaning, _ text: String) {
        switch meaning {
        case .wedding:
            if let id = WeddingID(text) { weddings.append(id) }
        case .vendor:
            if let name = ResourceName(text) { vendors.append(name) }
        case .reference(let provider, let kind):
            if let object = ExternalReference(provider: provider, kind: kind, objectID: text) {
                references.append(object)
            }
        }
    }
}

/// The parameters of a URL's query, percent-decoded; what does not decode is left out.
private func queryPairs(_ url: String) -> [(name: String, value: String)] {
    let bytes = Array(url.utf8)
    guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { return [] }
    let query = bytes[(mark + 1)...].prefix { $0 != UInt8(ascii: "#") }
    return query.split(separator: UInt8(ascii: "&")).compactMap { part in
        let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, let name = decoded(pair[0]), let value = decoded(pair[1]) else { return nil }
        return (name, value)
    }
}

private func decoded(_ text: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
            return nil
        }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
    default: nil
    }
}
