/// What the guard of outgoing calls costs and how soon it sees trouble; prints Markdown.
///
///     call-bench decision          ns for each decision
///     call-bench detectors [RUNS]  seconds to detect, beside other detectors; the same seed gives the same table
///     call-bench arl               calls until an alarm of the error detector
@main
struct CallBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "decision":
            DecisionCost().report()
        case "detectors":
            let runs = arguments.dropFirst().first.flatMap(Int.init) ?? 400
            DetectionTable(runs: runs, seed: 20_261).report()
        case "arl":
            RunLengthTable(seed: 20_262).report()
        default:
            throw UsageError()
        }
    }

    struct UsageError: Error, CustomStringConvertible {
        var description: String { "call-bench decision | detectors [RUNS] | arl" }
    }
}
