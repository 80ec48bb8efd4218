/// How far up a target stands; imports point down only.
enum Layer: Int, Comparable {
    case values
    case pure
    case catalogue
    case inputOutput
    case sealing
    case existence
    case services
    case outside
    /// What people see of it.
    case pages
    case composition
    case command
    /// Beside the layers: for developing and proving, never inside the gateway.
    case side

    static func < (left: Layer, right: Layer) -> Bool { left.rawValue < right.rawValue }

    /// Layers 0 and 1: functions and values, no operating system.
    var isPure: Bool { self < .inputOutput }
}

/// One target: what it may import, ours and others'.
///
/// `Package.swift` must say exactly the same.
struct TargetRule {
    let name: String
    let layer: Layer
    let ours: Set<String>
    let products: Set<String>

    init(_ name: String, _ layer: Layer, _ ours: String = "", products: String = "") {
        self.name = name
        self.layer = layer
        self.ours = Set(ours.split(separator: " ").map(String.init))
        self.products = Set(products.split(separator: " ").map(String.init))
    }

    /// The table of docs/ARCHITECTURE.md.
    static let all: [TargetRule] = [
        TargetRule("Domain", .values),
        TargetRule("Signatures", .pure, "Domain", products: "Crypto CryptoExtras SwiftASN1 X509"),
        TargetRule("Resilience", .pure, "Domain", products: "Collections"),
        TargetRule("Providers", .catalogue, "Domain Signatures Resilience", products: "Crypto"),
        // A module of C headers: `Storage` alone imports it.
        TargetRule("CPostgreSQL", .values),
        TargetRule(
            "Storage",
            .inputOutput,
            "CPostgreSQL Domain",
            products: "GRDB GRDBSQLite Logging Collections"
        ),
        TargetRule(
            "Transport",
            .inputOutput,
            "Domain",
            products: "AsyncHTTPClient NIOCore NIOHTTP1 NIOPosix NIOSSL Logging"
        ),
        TargetRule("Vault", .sealing, "Domain Storage Transport", products: "Crypto Logging"),
        TargetRule("Telemetry", .sealing, "Domain Storage Transport", products: "Logging"),
        TargetRule("Registry", .existence, "Domain Signatures Resilience Providers Storage Transport Vault"),
        TargetRule("Access", .existence, "Domain Storage Vault", products: "Crypto Logging"),
        TargetRule(
            "Webhooks",
            .services,
            "Domain Signatures Resilience Providers Storage Transport Vault Registry Access Telemetry",
            products: "Logging Collections ServiceLifecycle"
        ),
        TargetRule(
            "Calls",
            .services,
            "Domain Resilience Providers Storage Transport Vault Registry Access Telemetry",
            products: "Crypto Logging ServiceLifecycle"
        ),
        TargetRule(
            "Health",
            .services,
            "Domain Signatures Resilience Providers Storage Transport Vault Registry Access Telemetry",
            products: "Crypto Logging ServiceLifecycle"
        ),
        TargetRule(
            "HTTPAPI",
            .outside,
            """
            Domain Signatures Providers Resilience Storage Transport Vault Registry Access Telemetry Webhooks Calls \
            Health
            """,
            products: """
                HummingbirdCore HummingbirdTLS HTTPTypes NIOCore NIOHTTP1 NIOHTTPTypes NIOHTTPTypesHTTP1 NIOPosix \
                NIOSSL NIOWebSocket Logging ServiceLifecycle
                """
        ),
        TargetRule("Dashboard", .pages, "Domain Access HTTPAPI", products: "Mustache Logging"),
        TargetRule(
            "Gateway",
            .composition,
            """
            Domain Signatures Providers Resilience Storage Transport Vault Registry Access Telemetry Webhooks Calls \
            Health HTTPAPI Dashboard
            """,
            products:
                "Yams Logging ServiceLifecycle UnixSignals AsyncHTTPClient NIOCore NIOPosix NIOSSL NIOHTTP1"
        ),
        TargetRule(
            "usher",
            .command,
            "Domain Signatures Providers Gateway Sandbox Simulation",
            products: "ArgumentParser Logging ServiceLifecycle"
        ),
        TargetRule(
            "Sandbox",
            .side,
            "Domain Signatures Resilience Providers",
            products: """
                HummingbirdCore HTTPTypes NIOCore NIOPosix Logging ServiceLifecycle Crypto CryptoExtras SwiftASN1 X509
                """
        ),
        TargetRule("CSimulation", .side),
        TargetRule(
            "Simulation",
            .side,
            """
            CSimulation Domain Signatures Resilience Providers Storage Transport Vault Registry Access Telemetry \
            Webhooks Calls Health HTTPAPI Gateway Sandbox
            """,
            products: "Logging HeapModule"
        ),
        TargetRule(
            "UsherTesting",
            .side,
            "Domain Signatures Resilience Providers Storage Transport",
            products: "Logging"
        ),
        TargetRule("rate-bench", .side, "Domain Resilience", products: "HeapModule"),
        TargetRule("storage-bench", .side, "Domain Storage", products: "GRDB"),
        TargetRule("call-bench", .side, "Domain Resilience", products: "HeapModule"),
        TargetRule(
            "verify-bench",
            .side,
            "Domain Signatures Providers HTTPAPI Gateway",
            products: "NIOPosix Logging ServiceLifecycle UnixSignals"
        ),
    ]

    static func named(_ name: String) -> TargetRule? {
        all.first { $0.name == name }
    }

    /// What the tests of a target may use beyond what the target itself may, `UsherTesting` and `Logging`.
    static let extraForTests: [String: Set<String>] = [
        "SignaturesTests": ["Providers"],
        "SimulationTests": ["GRDB"],
        "CallsTests": ["Sandbox"],
        "DashboardTests": ["Storage", "Vault"],
        "GatewayTests": ["Crypto"],
        "ProvidersTests": ["Resilience"],
    ]

    /// Packages that belong to few targets: what they do is done there and nowhere else.
    static let onlyIn: [String: Set<String>] = [
        "GRDB": ["Storage", "storage-bench"],
        "GRDBSQLite": ["Storage"],
        "Yams": ["Gateway"],
        "ArgumentParser": ["usher"],
        "HummingbirdCore": ["HTTPAPI", "Sandbox"],
        "HummingbirdTLS": ["HTTPAPI"],
        "Mustache": ["Dashboard"],
        "AsyncHTTPClient": ["Transport", "Gateway"],
    ]

    /// Packages that compute only, and so may be used in layers 0 and 1.
    static let pureProducts: Set<String> = [
        "Crypto", "CryptoExtras", "SwiftASN1", "X509", "Collections", "HeapModule", "DequeModule",
    ]

    /// Why `self` may not import `other`; nil when it may.
    func objection(to other: TargetRule) -> String? {
        switch (layer, other.layer) {
        case (.side, _) where name == "Simulation":
            other.layer == .command ? "simulation runs the gateway, not the command line" : nil
        case (.side, _) where name == "verify-bench":
            other.layer == .command ? "a benchmark runs the gateway's parts, not the command line" : nil
        case (.side, _) where name == "Sandbox":
            other.layer.isPure ? nil : "the vendors' machines know layers 0 and 1 only"
        case (.side, _):
            other.layer < .services ? nil : "test values know layers 0 to 2 only"
        case (_, .side):
            layer == .command && other.name != "UsherTesting"
                ? nil : "the gateway does not know what proves it"
        case (.services, .services):
            "services meet in the database or through a port that Gateway fills"
        default:
            other.layer < layer ? nil : "imports point down"
        }
    }
}
