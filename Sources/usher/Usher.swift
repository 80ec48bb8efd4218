package import ArgumentParser

/// The command line of Usher.
@main
package struct Usher: AsyncParsableCommand {
    /// The names of the commands, and what the first page of help says.
    package static let configuration = CommandConfiguration(
        commandName: "usher",
        abstract: "A gateway between a wedding platform and the APIs it depends on.",
        discussion: """
            Try it without an account:        usher demo
            Run it:                           usher serve --config usher.yaml
            See what came in, and why:        usher events list, usher events explain EVENT

            Commands that talk to a running server take --url and --key, or USHER_URL and USHER_API_KEY.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Server",
                subcommands: [
                    Serve.self, Demo.self, SandboxCommand.self, CheckConfig.self, Apply.self,
                    DoctorCommand.self,
                    Backup.self,
                ]
            ),
            CommandGroup(
                name: "Events",
                subcommands: [Events.self, Listen.self, Replay.self, DeadLetters.self, Trigger.self]
            ),
            CommandGroup(
                name: "Calls",
                subcommands: [
                    Call.self, CallHistory.self, Failover.self, Failovers.self, Budgets.self,
                    Emergency.self,
                ]
            ),
            CommandGroup(name: "Health", subcommands: [HealthCommand.self, Incidents.self, Alerts.self]),
            CommandGroup(
                name: "Set-up",
                subcommands: [
                    Sources.self, Destinations.self, Integrations.self, Routes.self, Weddings.self,
                    Vendors.self,
                    Keys.self,
                ]
            ),
            CommandGroup(name: "Proof", subcommands: [Simulate.self]),
        ]
    )

    /// Makes the command; its arguments are read by `parse`.
    package init() {}
}
