package import Domain
package import Storage

/// One time of emergency mode, as it is stored.
package struct EmergencyRecord: Hashable, Sendable {
    /// Its number, from 1.
    package let number: Int64
    /// When it began.
    package let since: Instant
    /// When it ended; nil while it is on.
    package let endedAt: Instant?
    /// Why it ended; nil while it is on.
    package let end: EmergencyMode.End?
    /// What was done, oldest first.
    package let steps: [IncidentEntry]
}

/// Where emergency mode stands for all nodes, what needs it, and the record of its latest times.
struct StoredEmergency: Hashable, Sendable {
    /// Raised by each change: a change of an older version is refused.
    var version: Int64
    var mode: EmergencyMode
    /// The record it writes to; nil while all is as always.
    var number: Int64?
    var weddings: [WeddingID]
    var incidents: [IncidentID]
    var reasons: [String]
    /// Why it has just ended; not stored.
    var end: EmergencyMode.End?

    /// Forgets what belonged to the time that has ended.
    mutating func calm() {
        number = nil
        weddings = []
        incidents = []
        reasons = []
        end = nil
    }
}

/// One step that incidents have not been told yet.
struct UntoldStep: Hashable, Sendable {
    let emergency: Int64
    let position: Int64
    let incidents: [IncidentID]
    let entry: IncidentEntry
}

/// Reads and writes `emergency` and its record; numbers 650 to 659.
package enum EmergencyTable {
    /// The most steps of one time; later ones are counted by the end alone.
    package static let stepsMax = 500
    /// The most times that are read.
    package static let recordsMax = 50

    /// The tables.
    package static let migrations = [
        Migration(
            number: 650,
            name: "emergency mode",
            statements: [
                Statement(
                    schema: """
                        CREATE TABLE emergency (
                            id INTEGER PRIMARY KEY,
                            version INTEGER NOT NULL,
                            body TEXT NOT NULL
                        )
                        """
                ),
                Statement(
                    schema: """
                        CREATE TABLE emergencies (
                            number INTEGER PRIMARY KEY,
                            began_at INTEGER NOT NULL,
                            ended_at INTEGER,
                            ended_by TEXT
                        )
                        """
                ),
                Statement(
                    schema: """
                        CREATE TABLE emergency_steps (
                            emergency INTEGER NOT NULL,
                            position INTEGER NOT NULL,
                            at INTEGER NOT NULL,
                            text TEXT NOT NULL,
                            incidents TEXT NOT NULL,
                            told INTEGER NOT NULL,
                            PRIMARY KEY (emergency, position)
                        ) WITHOUT ROWID
                        """
                ),
                "CREATE INDEX emergency_steps_untold ON emergency_steps (at) WHERE told = 0",
                "INSERT INTO emergency (id, version, body) VALUES (1, 0, '{}')",
            ]
        )
    ]

    private static let select = Statement("SELECT version, body FROM emergency WHERE id = 1")
    private static let update = Statement(
        "UPDATE emergency SET version = version + 1, body = $2 WHERE id = 1 AND version = $1"
    )
    private static let last = Statement("SELECT COALESCE(MAX(number), 0) FROM emergencies")
    private static let begin = Statement("INSERT INTO emergencies (number, began_at) VALUES ($1, $2)")
    private static let end = Statement(
        "UPDATE emergencies SET ended_at = $2, ended_by = $3 WHERE number = $1 AND ended_at IS NULL"
    )
    private static let countSteps = Statement("SELECT COUNT(*) FROM emergency_steps WHERE emergency = $1")
    private static let insertStep = Statement(
        """
        INSERT INTO emergency_steps (emergency, position, at, text, incidents, told)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    )
    private static let selectRecords = Statement(
        "SELECT number, began_at, ended_at, ended_by FROM emergencies ORDER BY number DESC LIMIT $1"
    )
    private static let selectUntold = Statement(
        """
        SELECT emergency, position, incidents, at, text FROM emergency_steps WHERE told = 0
        ORDER BY at, emergency, position LIMIT $1
        """
    )
    private static let tell = Statement(
        "UPDATE emergency_steps SET told = 1 WHERE emergency = $1 AND position = $2"
    )
    private static let selectSteps = Statement(
        "SELECT at, text FROM emergency_steps WHERE emergency = $1 ORDER BY position"
    )

    static func load(_ transaction: Transaction) throws -> StoredEmergency {
        guard let row = try transaction.first(select) else {
            throw StorageError.corrupt("the row of emergency mode is missing")
        }
        let json = try JSONParser.parse(Array(try row.text(1).utf8))
        guard let stored = StoredEmergency(version: try row.integer(0), json) else {
            throw StorageError.corrupt("emergency mode cannot be read")
        }
        return stored
    }

    /// Stores where it stands now, over what was read; false when another node was faster.
    static func store(_ changed: StoredEmergency, _ transaction: Transaction) throws -> Bool {
        let text = String(decoding: changed.json.serialized(), as: UTF8.self)
        return try transaction.execute(update, [.integer(changed.version), .text(text)]) == 1
    }

    /// Opens a record; gives its number.
    static func begin(at now: Instant, _ transaction: Transaction) throws -> Int64 {
        let number = try (transaction.first(last)?.integer(0) ?? 0) + 1
        try transaction.execute(begin, [.integer(number), .instant(now)])
        return number
    }

    static func end(
        _ number: Int64,
        by end: EmergencyMode.End,
        at now: Instant,
        _ transaction: Transaction
    )
        throws
    {
        try transaction.execute(Self.end, [.integer(number), .instant(now), .text(end.rawValue)])
    }

    /// Adds steps that these incidents are to be told.
    static func add(
        _ steps: [IncidentEntry],
        to number: Int64,
        of incidents: [IncidentID],
        _ transaction: Transaction
    ) throws {
        let names = Set(incidents.map(\.description)).sorted().joined(separator: " ")
        var position = try transaction.first(countSteps, [.integer(number)])?.integer(0) ?? 0
        for step in steps where position < stepsMax {
            try transaction.execute(
                insertStep,
                [
                    .integer(number), .integer(position), .instant(step.at), .text(step.text), .text(names),
                    .integer(names.isEmpty ? 1 : 0),
                ]
            )
            position += 1
        }
    }

    /// The oldest steps that incidents have not been told.
    static func untold(limit: Int, _ transaction: Transaction) throws -> [UntoldStep] {
        try transaction.query(selectUntold, [.integer(limit)]).map { row in
            UntoldStep(
                emergency: try row.integer(0),
                position: try row.integer(1),
                incidents: try row.text(2).split(separator: " ").compactMap { IncidentID(String($0)) },
                entry: IncidentEntry(at: try row.instant(3), kind: .emergency, text: try row.text(4))
            )
        }
    }

    static func told(_ step: UntoldStep, _ transaction: Transaction) throws {
        try transaction.execute(tell, [.integer(step.emergency), .integer(step.position)])
    }

    /// The latest times, newest first.
    static func records(limit: Int, _ transaction: Transaction) throws -> [EmergencyRecord] {
        try transaction.query(selectRecords, [.integer(min(limit, recordsMax))]).map { row in
            let number = try row.integer(0)
            let steps = try transaction.query(selectSteps, [.integer(number)]).map {
                IncidentEntry(at: try $0.instant(0), kind: .emergency, text: try $0.text(1))
            }
            return EmergencyRecord(
                number: number,
                since: try row.instant(1),
                endedAt: try row.optionalInstant(2),
                end: try row.optionalText(3).flatMap { EmergencyMode.End(rawValue: $0) },
                steps: steps
            )
        }
    }
}

extension StoredEmergency {
    /// As those who watch are told.
    var signal: JSONValue {
        func text(_ instant: Instant?) -> JSONValue { instant.map { .string($0.description) } ?? .null }
        return [
            "on": .bool(mode.isOn),
            "since": text(mode.since),
            "ends_at": text(mode.endsAt),
            "weddings": .array(weddings.map { .string($0.text) }),
            "reasons": .array(reasons.map { .string($0) }),
        ]
    }

    /// As it is written; microseconds, so that reading it gives the same again.
    var json: JSONValue {
        var members = [
            JSONMember("weddings", .array(weddings.map { .string($0.text) })),
            JSONMember("incidents", .array(incidents.map { .string($0.description) })),
            JSONMember("reasons", .array(reasons.map { .string($0) })),
        ]
        func add(_ name: String, _ instant: Instant?) {
            if let instant { members.append(JSONMember(name, .integer(instant.microseconds))) }
        }
        switch mode.state {
        case .calm(let neededSince, let quietUntil):
            add("needed_since", neededSince)
            add("quiet_until", quietUntil)
        case .needed(let since, let clearSince):
            add("since", since)
            add("clear_since", clearSince)
        case .ordered(let since, let order):
            add("since", since)
            add("until", order.until)
            members.append(JSONMember("reason", .string(order.reason)))
            members.append(JSONMember("by", .string(order.by)))
        }
        if let number { members.append(JSONMember("number", .integer(number))) }
        return .object(members)
    }

    /// Reads what was written; the first row is `{}`.
    init?(version: Int64, _ json: JSONValue) {
        func instant(_ name: String) -> Instant? { json[name]?.int64.map(Instant.init(microseconds:)) }
        func texts(_ name: String) -> [String] { (json[name]?.array ?? []).compactMap(\.string) }
        let state: EmergencyMode.State
        if let since = instant("since"), let until = instant("until") {
            guard let reason = json["reason"]?.string, let by = json["by"]?.string else { return nil }
            state = .ordered(since: since, .init(reason: reason, by: by, until: until))
        } else if let since = instant("since") {
            state = .needed(since: since, clearSince: instant("clear_since"))
        } else {
            state = .calm(neededSince: instant("needed_since"), quietUntil: instant("quiet_until"))
        }
        self.init(
            version: version,
            mode: EmergencyMode(state),
            number: json["number"]?.int64,
            weddings: texts("weddings").compactMap { WeddingID($0) },
            incidents: texts("incidents").compactMap { IncidentID($0) },
            reasons: texts("reasons")
        )
    }
}
