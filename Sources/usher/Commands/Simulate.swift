import ArgumentParser
import Domain
import Gateway
import Simulation

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays Usher in a simulated world that fails in every way, and checks its promises.",
        discussion: """
            Example: usher simulate --seeds 1000
            Example: usher simulate --scenario money --seeds 10000
            Example: usher simulate --seed 42 --trace

            webhooks: Stripe, three destinations, the network, the disk and time are simulated; what runs between them
            is Usher. money: an application that sells, Stripe, Square and PayPal; nobody may be charged twice. emergency: an outage during a \
            wedding; nothing that was accepted is dropped, and emergency mode always ends. A seed decides everything that happens, so one that breaks a promise can be played again. Nothing is \
            written and nothing leaves this machine. Ends with 1 when a promise did not hold.
            """
    )

    @Option(help: ArgumentHelp("What is played: webhooks, money or emergency.", valueName: "name"))
    var scenario = SimulatedScenario.webhooks
    @Option(help: ArgumentHelp("How many seeds to play.", valueName: "n"))
    var seeds = 1_000
    @Option(help: ArgumentHelp("The first seed.", valueName: "seed"))
    var from: UInt64 = 1
    @Option(help: ArgumentHelp("Play this seed only.", valueName: "seed"))
    var seed: UInt64?
    @Flag(help: "Tell all that happens; with --seed.")
    var trace = false
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds is at least 1.") }
        guard UInt64(seeds) - 1 <= UInt64.max - from else {
            throw ValidationError("--from and --seeds reach beyond the largest seed.")
        }
        guard seed != nil || !trace else { throw ValidationError("--trace needs --seed.") }
    }

    func run() throws {
        let figures = MoneyFigures()
        let simulator = scenario.simulator(figures)
        if let seed { return try play(seed, simulator) }
        var progress = SeedProgress(from: from, count: seeds, isShown: Terminal.isInteractive && !output.json)
        for seed in from...(from + UInt64(seeds) - 1) {
            let report = simulator.run(seed: seed)
            if !report.isClean {
                progress.failed.append(report)
                if !output.json { try tell(report) }
            }
            try progress.advance()
        }
        try progress.conclude(scenario, json: output.json, figures: figures)
        if !progress.failed.isEmpty { throw ExitCode.failure }
    }

    private func play(_ seed: UInt64, _ simulator: Simulator) throws {
        var simulator = simulator
        simulator.keepsLines = trace
        let report = simulator.run(seed: seed)
        if output.json {
            try Terminal.write(report.json(again: command(seed)))
        } else {
            for line in report.lines { try Terminal.write("\(line.elapsed)  \(line.text)") }
            try Terminal.write(report.summary)
            if report.isClean { try Terminal.write("clean") }
        }
        if !report.isClean { throw ExitCode.failure }
    }

    private func tell(_ report: SimulationReport) throws {
        if Terminal.isInteractive { try Terminal.rewrite("") }
        try Terminal.write([report.summary, "  again: \(command(report.seed))"])
    }

    /// What plays a seed again.
    private func command(_ seed: UInt64) -> String { scenario.command(seed) }
}

/// What can be played.
enum SimulatedScenario: String, CaseIterable, ExpressibleByArgument {
    case webhooks
    case money
    case emergency

    func simulator(_ figures: MoneyFigures) -> Simulator {
        switch self {
        case .webhooks: WebhookScenario().simulator
        case .money: MoneyScenario(figures: figures).simulator
        case .emergency: EmergencyScenario().simulator
        }
    }

    /// What plays a seed again.
    func command(_ seed: UInt64) -> String {
        "usher simulate\(self == .webhooks ? "" : " --scenario \(rawValue)") --seed \(seed) --trace"
    }
}

extension MoneyFigures {
    fileprivate func seconds(_ duration: Duration?) -> JSONValue {
        duration.map { .integer(Int64($0.inSeconds.rounded())) } ?? .null
    }

    /// The counts for scripts.
    fileprivate var json: JSONValue {
        let counts = counts
        return [
            "calls": .integer(counts.calls),
            "succeeded": .integer(counts.succeeded),
            "attempts": .integer(counts.attempts),
            "charges": .integer(counts.charges),
            "in_doubt": .integer(counts.inDoubt),
            "undone": .integer(counts.undone),
            "held": .integer(counts.held),
            "in_doubt_p99_seconds": seconds(doubtP99),
            "in_doubt_max_seconds": seconds(doubtMax),
        ]
    }

    /// The counts for people.
    fileprivate var text: String {
        let counts = counts
        let age = doubtP99.map { "\(Int64($0.inSeconds.rounded())) s" } ?? "none"
        return """
            \(counts.calls) calls, \(counts.succeeded) succeeded, \(counts.charges) charges in \(counts.attempts) attempts; \
            \(counts.inDoubt) were in doubt, p99 \(age); \(counts.undone) undone, \(counts.held) held
            """
    }
}

/// How far a run over many seeds has come.
private struct SeedProgress {
    let from: UInt64
    let count: Int
    let isShown: Bool
    var failed: [SimulationReport] = []
    private var played = 0
    private let start = Time.system

    init(from: UInt64, count: Int, isShown: Bool) {
        self.from = from
        self.count = count
        self.isShown = isShown
    }

    private var rate: Double { Double(played) / max(start.elapsed().inSeconds, 0.001) }

    private var rateText: String { "\((rate * 10).rounded() / 10)" }

    mutating func advance() throws {
        played += 1
        guard isShown else { return }
        let note = "\(played) of \(count) seeds, \(failed.count) failed, \(rateText)/s"
        try Terminal.rewrite(ProgressBar.line(Double(played) / Double(count), note: note))
    }

    func conclude(_ scenario: SimulatedScenario, json: Bool, figures: MoneyFigures) throws {
        if json {
            var members = [
                JSONMember("from", .number("\(from)")),
                JSONMember("seeds", .integer(played)),
                JSONMember("clean", .integer(played - failed.count)),
                JSONMember("seeds_per_second", .number(rateText)),
                JSONMember(
                    "failed",
                    .array(failed.map { $0.json(again: scenario.command($0.seed)) })
                ),
            ]
            if scenario == .money { members.append(JSONMember("money", figures.json)) }
            return try Terminal.write(.object(members))
        }
        if isShown { try Terminal.rewrite("") }
        try Terminal.write("\(played - failed.count) of \(played) seeds clean, \(rateText) seeds/s")
        if scenario == .money { try Terminal.write(figures.text) }
    }
}

extension SimulationReport {
    /// The report for scripts.
    fileprivate func json(again command: String) -> JSONValue {
        [
            "seed": .number("\(seed)"),
            "clean": .bool(isClean),
            "trace": .string(String(hash, radix: 16)),
            "faults": .string("\(plan)"),
            "crashes": .integer(crashes),
            "jobs": .integer(jobs),
            "simulated_seconds": .integer(elapsed.components.seconds),
            "violations": .array(
                violations.map { ["promise": .string($0.promise), "finding": .string($0.finding)] }
            ),
            "failure": failure.map { .string($0) } ?? .null,
            "again": .string(command),
            "lines": .array(
                lines.map { ["at": .integer($0.elapsed.microseconds), "text": .string($0.text)] }
            ),
        ]
    }
}
