/// What the guard of outgoing calls costs and how soon it sees trouble; prints Markdown.
///
///     call-bench decision                      ns for each decision
///     call-bench detectors [RUNS] [--own] [--json]
///                                              seconds to detect and to recover, beside other detectors or alone
///     call-bench warning [RUNS] [--json]       how early trouble is foreseen, and how often falsely
///     call-bench arl                           calls until an alarm of the error detector
///
/// The same seed gives the same tables.
@main
struct CallBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let asJSON = arguments.contains("--json")
        let runs = arguments.compactMap(Int.init).first ?? 400
        switch arguments.first {
        case "decision":
            DecisionCost().report()
        case "detectors":
            var table = DetectionTable(runs: runs, seed: 20_261)
            if arguments.contains("--own") { table.contestants = [.usherAlone, .usher] }
            try table.report(asJSON: asJSON)
        case "warning":
            try WarningTable(runs: runs, seed: 20_263).report(asJSON: asJSON)
        case "arl":
            RunLengthTable(seed: 20_262).report()
        default:
            throw UsageError()
        }
    }

    struct UsageError: Error, CustomStringConvertible {
        var description: String {
            "call-bench decision | detectors [RUNS] [--own] [--json] | warning [RUNS] [--json] | arl"
        }
    }
}
