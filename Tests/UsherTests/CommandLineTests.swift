import ArgumentParser
import Testing
import usher

private func words(_ line: String) -> [String] {
    line.split(separator: " ").map(String.init)
}

/// The exit code a shell sees when the line is not understood; nil when it is.
private func refusal(_ line: String) -> Int32? {
    do {
        _ = try Usher.parseAsRoot(words(line))
        return nil
    } catch {
        return Usher.exitCode(for: error).rawValue
    }
}

struct CommandLineTests {
    @Test(arguments: [
        ("serve --config usher.yaml", "Serve"),
        ("demo", "Demo"),
        ("sandbox", "SandboxCommand"),
        (
            "sandbox --only stripe,paypal --port-base 9000 --seed 7 --webhooks-to http://127.0.0.1:8080/hooks --json",
            "SandboxCommand"
        ),
        ("demo --seconds 5 --quiet --listen 127.0.0.1:9000 --data /tmp/x", "Demo"),
        ("check-config usher.yaml --json", "CheckConfig"),
        ("apply -f usher.yaml", "Apply"),
        ("apply --file usher.yaml --yes --url https://usher.example.com --key env:KEY", "Apply"),
        ("apply -f - --dry-run --json", "Apply"),
        ("keys list", "List"),
        ("keys create nightly --level read --vendor lakeside --expires 2030-01-01T00:00:00Z", "Create"),
        ("keys revoke key_1", "Revoke"),
        ("keys secret", "Secret"),
        ("keys root root.key", "Root"),
        ("sources", "List"),
        ("sources list --json", "List"),
        ("destinations list", "List"),
        ("integrations", "List"),
        ("integrations show stripe-main --json", "Show"),
        ("integrations disable stripe-main", "Disable"),
        ("integrations enable stripe-main", "Enable"),
        ("routes list --json", "List"),
        ("routes set payments stripe-main square-backup --strategy gradual", "Set"),
        ("integrations test stripe-main --json", "Test"),
        (
            "call payments.charge --input {} --wedding w-1 --vendor anna --priority critical --async --json",
            "Call"
        ),
        ("call payments.refund --of call_1 --idempotency-key k1", "Call"),
        ("calls", "List"),
        ("calls list --state in_doubt --operation payments --wedding w-1 --limit 5 --json", "List"),
        ("calls show call_1", "Show"),
        ("calls settle call_1 --outcome not_applied --reason seen", "Settle"),
        ("failover payments --to square-backup --for 30m --reason maintenance", "Failover"),
        ("failover payments --back --json", "Failover"),
        ("failovers --open --limit 5 --json", "Failovers"),
        ("health", "Now"),
        ("health --json", "Now"),
        ("health report --since 7d --until 1h --json", "Report"),
        ("incidents", "List"),
        ("incidents list --open --since 7d --limit 5 --json", "List"),
        ("incidents show inc_1", "Show"),
        ("incidents note inc_1 called", "Note"),
        ("emergency", "Status"),
        ("emergency status --json", "Status"),
        ("emergency on --for 2h --reason maintenance", "On"),
        ("emergency off", "Off"),
        ("weddings readiness w-1 --json", "ReadinessCommand"),
        ("budgets", "List"),
        ("budgets list --json", "List"),
        ("budgets reserve weather --wedding w-1 --quota 20 --limit minute --for 12h", "Reserve"),
        ("budgets reserve weather --wedding w-1 --quota 20 --to 2030-01-01T00:00:00Z", "Reserve"),
        ("budgets reservations weather", "Reservations"),
        ("budgets release weather rsv_1", "Release"),
        ("budgets forecast weather --hours 48 --json", "Forecast"),
        ("destinations enable app", "Enable"),
        ("events list --source stripe --type invoice.* --since 2h --until 5m --limit 1", "List"),
        ("events show evt_1 --no-payload", "Show"),
        ("events explain evt_1", "Explain"),
        ("events tail -n 0 --json", "Tail"),
        ("replay evt_1 --destination app", "Replay"),
        ("replay --source stripe --since 3d --dry-run", "Replay"),
        ("replay --destination app", "Replay"),
        ("dead-letters list --destination app", "List"),
        ("dead-letters replay dlv_1", "Replay"),
        ("dead-letters replay --all --dry-run", "Replay"),
        ("dead-letters replay --destination app", "Replay"),
        ("trigger stripe payment_intent.succeeded --count 3 --secret env:S --source pay", "Trigger"),
        ("trigger --list", "Trigger"),
        ("doctor --config usher.yaml --thorough --json", "DoctorCommand"),
    ])
    func `each command reads its arguments`(_ line: String, _ command: String) throws {
        let parsed = try Usher.parseAsRoot(words(line))
        #expect("\(type(of: parsed))" == command)
    }

    @Test(arguments: [
        "nonsense", "serve", "serve --config", "check-config", "apply", "apply -f x --dry-run --yes",
        "apply -f -",
        "sandbox --port-base 80", "sandbox --only nobody", "sandbox --webhooks-to hooks", "demo --seconds 0",
        "demo --listen 8080", "keys create x", "keys create x --level root",
        "keys revoke",
        "keys create x --level read --expires soon", "events show", "events list --limit 0",
        "events list --since yesterday", "events tail -n 1001", "events tail -n -1", "replay",
        "replay --dry-run",
        "replay evt_1 --source stripe", "replay evt_1 --dry-run", "dead-letters replay",
        "dead-letters replay dlv_1 --all", "dead-letters replay dlv_1 --dry-run", "destinations enable",
        "trigger", "trigger stripe", "trigger nobody x", "trigger stripe nothing",
        "trigger stripe invoice.paid --count 0",
        "trigger stripe invoice.paid --source A_b", "doctor --config",
        "call", "call payments", "call payments.chrg", "call payments.charge --priority soon", "calls show",
        "calls list --limit 0", "calls settle call_1 --outcome maybe --reason x",
        "calls settle call_1 --outcome succeeded", "failover", "failover payments",
        "failover payments --to x", "failover payments --to x --reason y --for soon",
        "failover payments --back --to x", "failovers --limit 0", "budgets reserve w --wedding w-1 --quota 5",
        "budgets reserve w --wedding w-1 --quota 0 --for 1h", "budgets forecast w --hours 0",
        "budgets reserve w --wedding w-1 --quota 5 --for 1h --to 2030-01-01T00:00:00Z", "integrations test",
    ])
    func `what is not understood ends with 64`(_ line: String) {
        #expect(refusal(line) == 64, "\(line)")
    }

    @Test(arguments: [
        "serve", "demo", "sandbox", "check-config", "apply", "keys", "keys list", "keys create",
        "keys revoke",
        "keys secret",
        "keys root", "sources", "sources list", "destinations", "destinations list", "destinations enable",
        "events",
        "events list", "events show", "events explain", "events tail", "replay", "dead-letters",
        "dead-letters list",
        "dead-letters replay", "trigger", "doctor", "call", "calls", "calls list", "calls show",
        "calls settle", "failover", "failovers", "budgets", "budgets list", "budgets reserve",
        "budgets reservations", "budgets release", "budgets forecast", "integrations test",
        "health", "health report", "incidents", "incidents list", "incidents show", "incidents note",
    ])
    func `each command's help has an example, and nothing is wider than a terminal`(_ command: String) throws
    {
        var asked = try Usher.parseAsRoot(words(command) + ["--help"])
        let answer = #expect(throws: (any Error).self) { try asked.run() }
        let help = Usher.fullMessage(for: try #require(answer), columns: 100)
        #expect(help.contains("Example"), "\(command)")
        #expect(help.contains("usher " + command), "\(command)")
        // The usage is one line, however long: the library does not break it.
        let lines = help.split(separator: "\n").filter { !$0.contains("USAGE:") }
        #expect(lines.allSatisfy { $0.count <= 118 }, "\(command)")
    }
}
