import ArgumentParser
import Domain
import Gateway

/// Starts a replay and waits for it, with a bar for whoever watches.
struct ReplayRun {
    /// How often its progress is asked for.
    static let interval = Duration.milliseconds(500)

    let client: ControlClient
    let json: Bool

    /// Shows what a dry run found.
    func show(preview: JSONValue) throws {
        if json { return try Terminal.write(preview) }
        let matched = preview["matched"]?.int64 ?? 0
        let deliveries = preview["deliveries"]?.int64 ?? 0
        try Terminal.write(
            "\(matched) match; \(counted(deliveries, "delivery", plural: "deliveries")) would be queued. "
                + "Nothing was changed."
        )
    }

    /// Waits until everything is queued.
    func follow(_ status: JSONValue) async throws {
        var status = status
        while let progress = ReplayProgress(status), !progress.isFinished {
            if Terminal.isInteractive, !json {
                try Terminal.rewrite(ProgressBar.line(progress.fraction, note: progress.note))
            }
            try await Time.system.sleep(Self.interval)
            status = try await client.get("/api/replays/" + ControlRequest.encoded(progress.id))
        }
        if json { return try Terminal.write(status) }
        if Terminal.isInteractive { try Terminal.rewrite("") }
        guard let progress = ReplayProgress(status) else { return try Terminal.write(status) }
        try Terminal.write(progress.conclusion)
        if progress.isCancelled { throw ExitCode.failure }
    }
}
