/// A place that breaks a rule with good reason.
///
/// One that is no longer needed fails the test.
struct Exception {
    let file: String
    /// The rule as findings name it.
    let rule: String
    let reason: String

    /// Every exception of the repository.
    static let all: [Exception] = []

    func allows(_ finding: Finding) -> Bool {
        finding.file == file && finding.rule == rule
    }
}
