import ArgumentParser
import Domain
import Gateway

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks everything the server stands on, and says how to mend what it finds.",
        discussion: """
            Example: usher doctor --config usher.yaml

            Looks at disk, clock, root key, database, port, secrets, public URL and destinations; changes nothing.
            Run it as the user and in the environment of the server. Exits with 1 when there is a problem.
            """
    )

    @Option(
        help: ArgumentHelp(
            "The configuration file; without one the defaults are checked.",
            valueName: "file"
        ),
        completion: .file()
    )
    var config: String?
    @Flag(help: "Read even a database over 1 GiB through.")
    var thorough = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = try config.map { try Configuration.load($0, rules: .registry) } ?? Configuration()
        let http = HTTPControl(timeout: .seconds(5))
        let doctor = Doctor(
            configuration: configuration,
            resolver: .process,
            time: .system,
            thorough: thorough,
            isUsher: { url in
                let message = ControlMessage(method: "GET", url: url + "/healthz", headers: [], body: [])
                guard let answer = try? await http.send(message) else { return false }
                return (try? JSONParser.parse(answer.body))?["status"]?.string == "ok"
            }
        )
        let findings = try await doctor.examine()
        await http.shutdown()
        try show(findings)
        if findings.contains(where: { $0.verdict == .problem }) { throw ExitCode.failure }
    }

    private func show(_ findings: [Finding]) throws {
        if output.json { return try Terminal.write(.array(findings.map(\.json))) }
        for finding in findings { try Terminal.write(finding.lines) }
        let problems = findings.filter { $0.verdict == .problem }.count
        let warnings = findings.filter { $0.verdict == .warning }.count
        try Terminal.write([
            "",
            "\(counted(findings.count, "check")): \(counted(problems, "problem")), \(counted(warnings, "warning")).",
        ])
    }
}
