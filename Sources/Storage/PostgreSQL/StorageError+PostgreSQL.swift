extension StorageError {
    /// The error for what the server answered.
    ///
    /// | SQLSTATE | error |
    /// |---|---|
    /// | class 08, 57P01 to 57P05, 53300 | `.unavailable` |
    /// | 40001, 40P01, 55P03, 57014, 53200 | `.busy`: the same work may succeed later |
    /// | 53100 | `.diskFull` |
    /// | 58030 | `.inputOutput` |
    /// | class 23, class 22 | `.constraint` |
    /// | class XX, when data is damaged | `.corrupt` |
    /// | 42501 | `.cannotOpen`, with the right that is missing |
    /// | class 42, 25006 | `.misuse` |
    /// | others | `.failed` |
    ///
    /// Source: PostgreSQL, appendix A, "Error Codes".
    ///
    /// - Parameters:
    ///   - message: the primary message: it names tables and constraints, not values.
    ///   - serverFunction: the function of the server that reported it, which is in no human language.
    package init(sqlState: String, message: String, serverFunction: String = "") {
        switch sqlState {
        case "57P01", "57P02", "57P03", "57P04", "57P05", "53300":
            self = .unavailable(message)
        case "40001", "40P01", "55P03", "57014", "53200":
            self = .busy
        case "53100":
            self = .diskFull
        case "58030":
            self = .inputOutput(code: 0, message: message)
        case "XX001", "XX002":
            self = .corrupt(message)
        case "42501":
            self = .cannotOpen("\(message): give the role that right, or connect as the schema's owner")
        case "42601" where serverFunction == "exec_parse_message":
            self = .misuse("more than one statement in one text")
        case "25006":
            self = .misuse(message)
        default:
            self.init(sqlClass: sqlState.prefix(2), sqlState, message)
        }
    }

    private init(sqlClass: Substring, _ sqlState: String, _ message: String) {
        switch sqlClass {
        case "08": self = .unavailable(message)
        case "22", "23": self = .constraint(message)
        case "42": self = .misuse(message)
        default: self = .failed(code: 0, message: "\(message) [\(sqlState)]")
        }
    }
}
