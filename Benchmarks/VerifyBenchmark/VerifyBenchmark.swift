import Domain
import Gateway
import HTTPAPI
import Logging
import NIOPosix
import Providers
import ServiceLifecycle
import Signatures
import UnixSignals

/// The server without the store: verifies and reads Stripe's webhooks as `usher serve` does, then answers.
///
///     verify-bench PORT SECRET
///
/// What `Benchmarks/run` compares the whole against.
@main
struct VerifyBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let port = Int(arguments[1]) else {
            throw UsageError()
        }
        let keys = VerificationKeys([Secret(arguments[2])])
        let settings = try WebhookSettings(.object([]), for: .stripe)
        let dialect = WebhookDialect(settings)
        let time = Time.system
        let server = try HTTPServer(
            HTTPServer.Settings(host: "127.0.0.1", port: port),
            HTTPServer.Dependencies(
                handler: { request in
                    let webhook = WebhookRequest(url: "", headers: request.headers, body: request.body)
                    do {
                        _ = try dialect.verify(webhook, keys: keys, now: time.now())
                        _ = try dialect.read(webhook)
                        return APIResponse(status: 200, body: dialect.manners.acknowledgement.body)
                    } catch {
                        return APIResponse(status: 401)
                    }
                },
                policy: { _ in RequestPolicy(bodyBytesMax: 1_048_576, placement: .eventLoop) },
                time: time,
                random: .system,
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "verify-bench")
            )
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [server],
                gracefulShutdownSignals: [.sigterm],
                logger: Logger(label: "verify-bench")
            )
        )
        try await group.run()
    }
}

/// The arguments were wrong.
struct UsageError: Error, CustomStringConvertible {
    var description: String { "usage: verify-bench PORT SECRET" }
}
