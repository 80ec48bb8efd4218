import Calls
import Domain
import Gateway
import Providers
import Sandbox
import Synchronization

/// Brings the processors' webhooks to the nodes: late, twice, out of order, or never; again until one is taken.
final class SimulatedPost: Sendable {
    /// The time between two looks at what wants to leave.
    private static let lookEvery = Duration.milliseconds(500)
    /// How long a processor waits for an answer to a webhook.
    private static let patience = Duration.seconds(20)
    /// How often a processor sends a webhook before it gives it up.
    private static let triesMax = 60

    private let world: World
    private let nodes: SimulatedNodes<MoneyNode>
    private let processors: SimulatedProcessors
    private let weather: MoneyWeather
    private let random: RandomSource
    private let onTheirWay = Mutex(0)

    init(
        _ world: World,
        _ nodes: SimulatedNodes<MoneyNode>,
        _ processors: SimulatedProcessors,
        _ weather: MoneyWeather
    ) {
        self.world = world
        self.nodes = nodes
        self.processors = processors
        self.weather = weather
        random = world.random(for: "post")
    }

    /// Whether no webhook is on its way.
    var isIdle: Bool { onTheirWay.withLock { $0 == 0 } }

    /// Carries webhooks until cancelled; lets what is late at the processors take effect.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for (name, webhook) in processors.advance() {
                    if random.fraction() < weather.webhooksLost { continue }
                    guard let news = Self.news(name, webhook) else { continue }
                    for _ in 0..<(random.fraction() < weather.webhooksDoubled ? 2 : 1) {
                        let delay = random.fraction() * Double(weather.webhookDelayMax.microseconds)
                        onTheirWay.withLock { $0 += 1 }
                        group.addTask {
                            await self.carry(news, webhook.id, after: .microseconds(Int64(delay)))
                            self.onTheirWay.withLock { $0 -= 1 }
                        }
                    }
                }
                do { try await world.time.sleep(Self.lookEvery) } catch { break }
            }
            group.cancelAll()
        }
    }

    private static func news(_ name: String, _ webhook: VendorWebhook) -> CallNews? {
        guard let provider = ProviderName(rawValue: SimulatedProcessors.provider(name).rawValue),
            let body = try? JSONParser.parse(webhook.body),
            let type = (body["type"] ?? body["event_type"])?.string
        else { return nil }
        return CallNews(provider, source: ResourceName(name), type: type, body: webhook.body)
    }

    private func carry(_ news: CallNews, _ id: String, after delay: Duration) async {
        let nodes = nodes
        do { try await world.time.sleep(delay) } catch { return }
        for round in 0..<Self.triesMax {
            let isTaken = try? await world.network.exchange(timeout: Self.patience) { () -> Bool? in
                try? await nodes.ask { node in
                    try await node.engine.hear(news)
                    return true
                }
            }
            if isTaken == true { return world.record("webhook \(id) of \(news.call) is taken") }
            do { try await world.time.sleep(.seconds(min(5 << min(round, 4), 60))) } catch { return }
        }
        world.record("webhook \(id) is given up")
    }
}
