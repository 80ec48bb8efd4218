import Domain
import Foundation
import Gateway
import Logging
import Sandbox

/// The gateway between a sandbox that sends and an application that fails now and then, all on this machine.
struct Demonstration {
    let listen: ListenAddress
    let folder: String
    let seconds: Int?
    let isQuiet: Bool

    private let screen: DemonstrationScreen
    private let files: DemonstrationFiles
    private let logger: Logger

    init(listen: ListenAddress, folder: String, seconds: Int?, isQuiet: Bool) {
        self.listen = listen
        self.folder = folder
        self.seconds = seconds
        self.isQuiet = isQuiet
        screen = DemonstrationScreen(isQuiet: isQuiet)
        files = DemonstrationFiles(folder: folder)
        var formatting = LogFormatting()
        formatting.level = .error
        logger = .usher(formatting)
    }

    /// Runs until a termination signal or the end of its time, then says what happened.
    func run() async throws {
        let authority = try SandboxAuthority(now: Time.system.now(), random: .system)
        try files.prepareSecrets(certified: authority.keys, random: .system)
        let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
        let application = try application { portFound.yield($0) }
        let vendors = DemonstrationVendors(seed: RandomSource.system.next())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in vendors.servers { group.addTask { try await server.run() } }
            group.addTask {
                defer { portFound.finish() }
                try await application.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                return try await group.waitForAll()
            }
            try await gateway(authority, applicationPort: port, vendors)
            group.cancelAll()
        }
        screen.end()
        try Terminal.write(screen.summary)
    }

    private func application(started: @escaping @Sendable (Int) -> Void) throws -> ReceivingApplicationServer
    {
        let random = RandomSource.system
        return ReceivingApplicationServer(
            ReceivingApplication(
                secrets: [try files.applicationSecret()],
                behaviour: .init(failing: 70, busy: 30, silent: 10, poisoned: 10),
                seed: random.next()
            ),
            port: 0,
            time: .system,
            logger: .silent,
            started: { started($0) },
            observe: { [screen] delivery in screen.happened(.tried(delivery)) }
        )
    }

    private func gateway(
        _ authority: SandboxAuthority,
        applicationPort port: Int,
        _ vendors: DemonstrationVendors
    ) async throws {
        let url = "http://127.0.0.1:\(port)\(ReceivingApplicationServer.path)"
        try files.writeConfiguration(listen: listen, application: url, vendors: await vendors.places())
        let configuration = try Configuration.load(files.configurationPath, rules: .registry)
        let (starts, started) = AsyncStream.makeStream(of: StartedGateway.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await start in starts {
                    try await accompany(start, configuration, application: url, vendors)
                }
            }
            defer { started.finish() }
            // PayPal and SNS as they are here, and nowhere else: the demonstration plays both.
            let pages = authority.certificates.merging([SandboxHandshake.subscribeURL: "confirmed"]) { $1 }
            try await GatewayProcess.run(
                configuration: configuration,
                logger: logger,
                demonstration: DemonstrationTrust(anchor: authority.anchor, pages: pages)
            ) { started.yield($0) }
            group.cancelAll()
        }
    }

    /// Greets, and keeps the traffic going while the gateway runs.
    private func accompany(
        _ start: StartedGateway,
        _ configuration: Configuration,
        application: String,
        _ vendors: DemonstrationVendors
    ) async throws {
        if let key = start.firstAdminKey { try files.keep(adminKey: key) }
        let settings = try ControlSettings(
            url: start.listenURL,
            key: "file:" + files.adminKeyPath,
            resolver: .process
        )
        try greet(start, configuration, application: application)
        let http = HTTPControl(timeout: .seconds(10))
        let client = try ControlClient(
            address: settings.address,
            key: settings.key,
            send: { message throws(ControlError) in try await http.send(message) }
        )
        let traffic = DemonstrationTraffic(
            configuration: configuration,
            files: files,
            listenURL: start.listenURL,
            client: client,
            http: http,
            screen: screen,
            vendors: vendors,
            logger: logger
        )
        let outcome = await Result.of {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await traffic.run() }
                if let seconds {
                    group.addTask {
                        try await Time.system.sleep(.seconds(seconds))
                        // Ends as by Ctrl-C: everything on its way is finished first.
                        kill(getpid(), SIGINT)
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        }
        await http.shutdown()
        try outcome.get()
    }

    private func greet(_ start: StartedGateway, _ configuration: Configuration, application: String) throws {
        let request = CurlCommand.stripe(
            url: files.stripeURL(listenURL: start.listenURL),
            secret: try files.stripeSecret(),
            now: Time.system.now(),
            random: .system
        )
        var lines = StartNotice.brief(start, configuration)
        lines += [
            "  events go to an application at \(application) that fails now and then",
            "  the configuration is in \(files.configurationPath), the admin key in \(files.adminKeyPath)",
            "  the dashboard is at \(start.listenURL)/: sign in with that key",
            "  Amara & Jonas marry today: their events go before all others",
            "  their payments go out by Stripe, played here too; soon it breaks, and Square is second", "",
            "Send one yourself, signed now and believed for 5 minutes:", "", CurlCommand.text(request), "",
            "Or in another terminal: usher trigger paypal PAYMENT.CAPTURE.COMPLETED (all: usher trigger --list),",
            "usher events list, usher events tail, usher weddings today, usher dead-letters list,",
            "usher calls list, usher failovers, usher budgets, usher integrations test stripe-main",
        ]
        lines += elsewhere(start) + ["Ctrl-C ends.", ""]
        try Terminal.write(lines)
    }
}

extension Demonstration {
    /// What the commands need when the demonstration is not where they look for it.
    private func elsewhere(_ start: StartedGateway) -> [String] {
        var wanted: [String] = []
        if start.listenURL != ControlAddress.standard { wanted.append("--url \(start.listenURL)") }
        if folder != DemonstrationFiles.folderDefault {
            wanted.append("--key file:\(files.adminKeyPath)")
            wanted.append("(trigger: --config \(files.configurationPath))")
        }
        return wanted.isEmpty ? [] : ["  each with " + wanted.joined(separator: " ")]
    }
}

extension Result where Failure == any Error {
    /// What `body` gives or throws.
    fileprivate static func of(_ body: () async throws -> Success) async -> Self {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
