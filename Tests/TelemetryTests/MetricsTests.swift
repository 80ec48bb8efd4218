import Telemetry
import Testing

struct MetricsTests {
    @Test
    func `writes names and label values in order, whatever order they came in`() {
        let metrics = Metrics()
        metrics.counter("b_total", help: "Second.", labels: [("source", "z")]).increment()
        metrics.counter("b_total", help: "Second.", labels: [("source", "a")]).increment(by: 41)
        metrics.gauge("a", help: "First.").set(2.5)
        #expect(
            metrics.exposition() == """
                # HELP a First.
                # TYPE a gauge
                a 2.5
                # HELP b_total Second.
                # TYPE b_total counter
                b_total{source="a"} 41
                b_total{source="z"} 1

                """
        )
    }

    @Test
    func `escapes help and label values`() {
        let metrics = Metrics()
        metrics.gauge("g", help: "One\ntwo \\ \"three\"", labels: [("v", "a\"b\\c\r\nd")]).set(1)
        #expect(
            metrics.exposition()
                == "# HELP g One\\ntwo \\\\ \"three\"\n# TYPE g gauge\ng{v=\"a\\\"b\\\\c\r\\nd\"} 1\n"
        )
    }

    @Test
    func `a histogram counts upwards and ends with infinity`() {
        let metrics = Metrics()
        let histogram = metrics.histogram(
            "wait_seconds",
            help: "Wait.",
            buckets: [0.1, 1],
            labels: [("lane", "x")]
        )
        histogram.observe(0.1)
        histogram.observe(.milliseconds(500))
        histogram.observe(7)
        histogram.observe(.nan)
        #expect(
            metrics.exposition() == """
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{lane="x",le="0.1"} 1
                wait_seconds_bucket{lane="x",le="1.0"} 2
                wait_seconds_bucket{lane="x",le="+Inf"} 3
                wait_seconds_sum{lane="x"} 7.6
                wait_seconds_count{lane="x"} 3

                """
        )
    }

    @Test
    func `the same name and labels are the same series`() {
        let metrics = Metrics()
        metrics.counter("c_total", help: "C.", labels: [("a", "1"), ("b", "2")]).increment()
        metrics.counter("c_total", help: "C.", labels: [("b", "2"), ("a", "1")]).increment()
        #expect(metrics.exposition().hasSuffix("c_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test
    func `label values beyond the limit count as other`() {
        let metrics = Metrics()
        for index in 0..<Metrics.seriesMax + 50 {
            metrics.counter("c_total", help: "C.", labels: [("key", "\(index)")]).increment()
        }
        let lines = metrics.exposition().split(separator: "\n")
        #expect(lines.count == 2 + Metrics.seriesMax + 1)
        #expect(lines.contains("c_total{key=\"other\"} 50"))
        #expect(lines.contains("c_total{key=\"\(Metrics.seriesMax - 1)\"} 1"))
        #expect(!lines.contains("c_total{key=\"\(Metrics.seriesMax)\"} 1"))
    }

    @Test(arguments: [
        (Double.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (0, "0"), (-3, "-3"), (0.25, "0.25"),
        (1e300, "1e+300"),
    ])
    func `writes numbers as Prometheus reads them`(value: Double, text: String) {
        let metrics = Metrics()
        metrics.gauge("g", help: "G.").set(value)
        #expect(metrics.exposition().hasSuffix("\ng \(text)\n"))
    }

    @Test
    func `counts from many tasks at once`() async {
        let metrics = Metrics()
        let counter = metrics.counter("c_total", help: "C.")
        let gauge = metrics.gauge("g", help: "G.")
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        gauge.add(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 8_000)
        #expect(gauge.value == 4_000)
    }
}
