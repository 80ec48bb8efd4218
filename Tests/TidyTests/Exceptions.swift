/// A place that breaks a rule with good reason.
///
/// One that is no longer needed fails the test.
struct Exception {
    let file: String
    /// The rule as findings name it.
    let rule: String
    let reason: String

    /// Every exception of the repository.
    static let all: [Exception] = [
        Exception(
            file: "Sources/Vault/Vault.swift",
            rule: "type name",
            reason:
                "the vault is what the target is about, and nothing outside needs the module's name before a type"
        ),
        Exception(
            file: "Sources/HTTPAPI/Server/ConnectionHandler.swift",
            rule: "Any",
            reason: "NIO hands user events to its handlers as Any"
        ),
        Exception(
            file: "Tests/HTTPAPITests/Harness/RawClient.swift",
            rule: "Any",
            reason: "NIO hands user events to its handlers as Any"
        ),
        Exception(
            file: "Tests/CallsTests/CallRig.swift",
            rule: "Task.sleep",
            reason: "time moves by hand there, once what runs on other threads has come to rest"
        ),
    ]

    func allows(_ finding: Finding) -> Bool {
        finding.file == file && finding.rule == rule
    }
}
