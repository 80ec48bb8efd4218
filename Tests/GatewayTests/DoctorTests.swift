import Domain
import Gateway
import Storage
import Testing

private let memory = DiskCheck.Measurement(syncMedian: .milliseconds(2), isInMemory: true, freeBytes: 1 << 40)

struct DiskCheckTests {
    @Test(arguments: [
        (Duration.microseconds(19), Finding.Verdict.warning), (.microseconds(20), .ok),
        (.milliseconds(50), .ok),
        (.milliseconds(51), .warning),
    ])
    func `a sync is as fast as a disk can be, and not too slow`(
        _ median: Duration,
        _ verdict: Finding.Verdict
    ) {
        let measured = DiskCheck.Measurement(syncMedian: median, isInMemory: false, freeBytes: 1 << 40)
        #expect(DiskCheck.findings(measured, folder: "d").map(\.verdict) == [verdict, .ok])
    }

    @Test func `data in memory is in danger`() {
        #expect(DiskCheck.findings(memory, folder: "d").first?.verdict == .problem)
    }

    @Test(arguments: [
        (UInt64(268_435_455), Finding.Verdict.problem), (268_435_456, .warning), (2_147_483_647, .warning),
        (2_147_483_648, .ok),
    ])
    func `free space is told before it runs out`(_ bytes: UInt64, _ verdict: Finding.Verdict) {
        let measured = DiskCheck.Measurement(
            syncMedian: .milliseconds(2),
            isInMemory: false,
            freeBytes: bytes
        )
        #expect(DiskCheck.findings(measured, folder: "d").last?.verdict == verdict)
    }

    @Test func `the mount table tells what a mount is`() {
        let table = """
            22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            35 22 0:30 / /dev/shm rw,nosuid shared:7 master:2 - tmpfs tmpfs rw
            36 22 0:31 / /odd
            """
        #expect(DiskCheck.fileSystem(ofMount: "35", in: table) == "tmpfs")
        #expect(DiskCheck.fileSystem(ofMount: "22", in: table) == "ext4")
        #expect(DiskCheck.fileSystem(ofMount: "36", in: table) == nil)
        #expect(DiskCheck.fileSystem(ofMount: "9", in: table) == nil)
        #expect(DiskCheck.mount(in: "pos:\t0\nflags:\t0100000\nmnt_id:\t24\nino:\t3\n") == "24")
    }
}

struct ClockCheckTests {
    private func verdict(year: Int, wallMoved: Duration = .milliseconds(250)) throws -> Finding.Verdict {
        let day = try #require(CivilDate(year: year, month: 6, day: 19)).daysSinceEpoch
        let first = Instant(seconds: Int64(day) * 86_400)
        return ClockCheck.finding(
            wall: (first, first + wallMoved),
            elapsed: (.seconds(5), .seconds(5) + .milliseconds(250))
        ).verdict
    }

    @Test(arguments: [
        (1_970, Finding.Verdict.problem), (2_025, .problem), (2_026, .ok), (2_100, .ok), (2_101, .problem),
    ])
    func `a year that cannot be is a problem`(_ year: Int, _ expected: Finding.Verdict) throws {
        #expect(try verdict(year: year) == expected)
    }

    @Test(arguments: [
        (229, Finding.Verdict.warning), (230, .ok), (270, .ok), (271, .warning), (-1_000, .warning),
    ])
    func `a clock that jumps is told`(_ milliseconds: Int, _ expected: Finding.Verdict) throws {
        #expect(try verdict(year: 2_027, wallMoved: .milliseconds(milliseconds)) == expected)
    }
}

struct FindingTests {
    @Test func `whatever is not right says how to mend it`() throws {
        let address = try #require(ListenAddress("127.0.0.1:8080"))
        let name = try #require(ResourceName("app"))
        var findings = DiskCheck.findings(memory, folder: "d")
        findings += [PortCheck.Observation.free, .usher, .taken, .refused("no")].map {
            PortCheck.finding($0, address: address)
        }
        findings += [
            DestinationCheck.Observation.reachable, .refused("no"), .unresolvable, .unreachable("no"),
        ].map {
            DestinationCheck.finding($0, name: name, url: "http://h/")
        }
        findings += ["http://127.0.0.1", "http://hooks.example.com", "https://hooks.example.com", "hooks"].map
        {
            PublicURLCheck.finding($0, endsTLS: false)
        }
        for finding in findings {
            #expect((finding.remedy == nil) == (finding.verdict == .ok), "\(finding)")
            #expect(finding.json["verdict"]?.string == finding.verdict.rawValue)
        }
        #expect(
            findings.suffix(4).map(\.verdict) == [.warning, .warning, .ok, .problem]
        )
    }

    @Test func `a damaged, newer or closed database is a problem`() {
        let damaged = DatabaseInspection(missingMigrations: [], damage: ["page 7"])
        #expect(DatabaseCheck.finding(.success(damaged), path: "d", thorough: true).verdict == .problem)
        for error in [StorageError.schemaTooNew(found: 9, known: 8), .corrupt("x"), .cannotOpen("x"), .busy] {
            let finding = DatabaseCheck.finding(.failure(error), path: "d", thorough: true)
            #expect(finding.verdict == .problem)
            #expect(finding.remedy != nil)
        }
    }

    @Test func `a database that the next start brings up to date is fine`() {
        let old = DatabaseInspection(missingMigrations: ["events"], damage: [])
        let finding = DatabaseCheck.finding(.success(old), path: "d", thorough: false)
        #expect(finding.verdict == .ok)
        #expect(finding.message.contains("1 step"))
        #expect(finding.message.contains("--thorough"))
    }

    @Test func `a missing key is fine before the first start and a problem after it`() {
        let gone = RootKeyLocation.file(path: "/nonexistent/root.key")
        #expect(KeyCheck.finding(gone, databaseExists: false, environment: { _ in nil }).verdict == .ok)
        #expect(KeyCheck.finding(gone, databaseExists: true, environment: { _ in nil }).verdict == .problem)
        let variable = RootKeyLocation.environment(name: "ROOT")
        #expect(
            KeyCheck.finding(variable, databaseExists: false, environment: { _ in nil }).verdict == .problem
        )
        #expect(
            KeyCheck.finding(variable, databaseExists: false, environment: { _ in "ushrk1_x" }).verdict
                == .problem
        )
    }
}
