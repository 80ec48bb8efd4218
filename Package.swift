// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

// The packages Usher stands on; `docs/dependencies.md` says why each is here.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// One target of ours; its edges are also data in `Tests/TidyTests`.
func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one target.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: dependencies,
        resources: resources,
        swiftSettings: settings
    )
}

let package = Package(
    name: "usher",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "usher", targets: ["usher"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Layer 0
        target("Domain"),
        // Layer 1a: pure
        target("Signatures", ["Domain", crypto, cryptoExtras, swiftASN1, x509]),
        target("Resilience", ["Domain", collections]),
        // Layer 1b: the catalogue
        target("Providers", ["Domain", "Signatures", "Resilience", crypto]),
        // Layer 2a: the only I/O
        .systemLibrary(
            name: "CPostgreSQL",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        target("Storage", ["CPostgreSQL", "Domain", grdb, grdbSQLite, logging, collections]),
        target("Transport", ["Domain", asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL, logging]),
        // Layer 2b: what exists, who may, what is secret, what is seen
        target("Vault", ["Domain", "Storage", "Transport", crypto, logging]),
        target("Telemetry", ["Domain", "Storage", "Transport", logging]),
        target(
            "Registry",
            ["Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", "Vault"]
        ),
        target("Access", ["Domain", "Storage", "Vault", crypto, logging]),
        // Layer 3: the services
        target(
            "Webhooks",
            [
                "Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", "Vault",
                "Registry", "Access", "Telemetry", logging, collections, lifecycle,
            ]
        ),
        target(
            "Calls",
            [
                "Domain", "Resilience", "Providers", "Storage", "Transport", "Vault", "Registry", "Access",
                "Telemetry", crypto, logging, lifecycle,
            ]
        ),
        target(
            "Health",
            [
                "Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", "Vault",
                "Registry",
                "Access", "Telemetry", crypto, logging, lifecycle,
            ]
        ),
        // Layer 4: what is seen from outside
        target(
            "HTTPAPI",
            [
                "Domain", "Signatures", "Providers", "Resilience", "Storage", "Transport", "Vault",
                "Registry", "Access", "Telemetry", "Webhooks", "Calls", "Health", hummingbirdCore,
                hummingbirdTLS,
                httpTypes,
                nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioSSL, nioWebSocket, logging,
                lifecycle,
            ]
        ),
        target("Dashboard", ["Domain", "Access", "HTTPAPI", mustache, logging]),
        // Layer 5: the composition root
        target(
            "Gateway",
            [
                "Domain", "Signatures", "Providers", "Resilience", "Storage", "Transport", "Vault",
                "Registry", "Access", "Telemetry", "Webhooks", "Calls", "Health", "HTTPAPI", "Dashboard",
                yams,
                logging,
                lifecycle,
                unixSignals,
                asyncHTTPClient, nioCore, nioPosix, nioSSL, nioHTTP1,
            ]
        ),
        // Layer 6: the command line
        .executableTarget(
            name: "usher",
            dependencies: [
                "Domain", "Signatures", "Providers", "Gateway", "Sandbox", "Simulation", argumentParser,
                logging,
                lifecycle,
            ],
            swiftSettings: settings
        ),
        // Side: vendors as they behave, the simulation, what tests share
        target(
            "Sandbox",
            [
                "Domain", "Signatures", "Resilience", "Providers", hummingbirdCore, httpTypes, nioCore,
                nioPosix,
                logging, lifecycle, crypto, cryptoExtras, swiftASN1, x509,
            ]
        ),
        .target(name: "CSimulation", linkerSettings: [.linkedLibrary("sqlite3")]),
        target(
            "Simulation",
            [
                "CSimulation", "Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport",
                "Vault",
                "Registry", "Access", "Telemetry", "Webhooks", "Calls", "Health", "HTTPAPI", "Gateway",
                "Sandbox",
                logging,
                heap,
            ]
        ),
        target(
            "UsherTesting",
            ["Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", logging]
        ),
        // Benchmarks
        .executableTarget(
            name: "rate-bench",
            dependencies: ["Domain", "Resilience", heap],
            path: "Benchmarks/RateBenchmark",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "storage-bench",
            dependencies: ["Domain", "Storage", grdb],
            path: "Benchmarks/StorageBenchmark",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "verify-bench",
            dependencies: [
                "Domain", "Signatures", "Providers", "HTTPAPI", "Gateway", nioPosix, logging,
                lifecycle, unixSignals,
            ],
            path: "Benchmarks/VerifyBenchmark",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "call-bench",
            dependencies: ["Domain", "Resilience", heap],
            path: "Benchmarks/CallBenchmark",
            swiftSettings: settings
        ),
        // Tests
        tests("Domain", ["Domain", "UsherTesting"]),
        tests(
            "Signatures",
            ["Domain", "Signatures", "Providers", "UsherTesting", crypto],
            resources: [.copy("Vectors")]
        ),
        tests("Resilience", ["Domain", "Resilience", "UsherTesting"]),
        tests("Providers", ["Domain", "Signatures", "Resilience", "Providers", "UsherTesting"]),
        tests("Storage", ["Domain", "Storage", "UsherTesting", logging]),
        tests(
            "Transport",
            ["Domain", "Transport", "UsherTesting", nioCore, nioHTTP1, nioPosix, nioSSL, logging]
        ),
        tests("Vault", ["Domain", "Storage", "Vault", "UsherTesting", crypto, logging]),
        tests("Telemetry", ["Domain", "Telemetry", "UsherTesting"]),
        tests(
            "Registry",
            [
                "Domain", "Resilience", "Providers", "Storage", "Transport", "Vault", "Registry",
                "UsherTesting",
                logging,
            ]
        ),
        tests("Access", ["Domain", "Storage", "Vault", "Access", "UsherTesting", logging]),
        tests(
            "Webhooks",
            [
                "Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", "Vault",
                "Registry",
                "Access", "Telemetry", "Webhooks", "UsherTesting", logging,
            ]
        ),
        tests(
            "Calls",
            [
                "Domain", "Resilience", "Providers", "Storage", "Transport", "Vault", "Registry", "Access",
                "Telemetry", "Calls", "Sandbox", "UsherTesting", logging,
            ]
        ),
        tests(
            "Health",
            [
                "Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", "Vault",
                "Registry",
                "Access", "Telemetry", "Health", "UsherTesting", logging,
            ]
        ),
        tests(
            "HTTPAPI",
            [
                "Domain", "Signatures", "Resilience", "Providers", "Storage", "Transport", "Vault",
                "Registry",
                "Access", "Telemetry", "Webhooks", "HTTPAPI", "UsherTesting", logging, nioCore, nioPosix,
                nioSSL,
                lifecycle,
            ]
        ),
        tests(
            "Dashboard",
            ["Domain", "Storage", "Vault", "Access", "HTTPAPI", "Dashboard", "UsherTesting", logging]
        ),
        tests(
            "Gateway",
            [
                "Domain", "Signatures", "Providers", "Resilience", "Storage", "Transport", "Vault",
                "Registry",
                "Access", "Telemetry", "Webhooks", "Calls", "Health", "HTTPAPI", "Gateway", "UsherTesting",
                logging, lifecycle, nioPosix, crypto,
            ]
        ),
        tests(
            "Sandbox",
            [
                "Domain", "Signatures", "Resilience", "Providers", "Sandbox", "UsherTesting", logging,
                nioCore, nioPosix, crypto,
            ]
        ),
        tests(
            "Simulation",
            [
                "CSimulation", "Domain", "Resilience", "Providers", "Storage", "Webhooks", "Health",
                "Simulation",
                "UsherTesting", grdb, logging,
            ]
        ),
        tests("Usher", ["usher", argumentParser]),
        tests("Tidy", []),
    ]
)
