import Access
import Domain
import Testing

@Suite struct AccessScopeTests {
    @Test func `includes the levels below its own`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            for (own, level) in AccessLevel.allCases.enumerated() {
                let scope = try await scope(keys, .platform, level)
                for (needed, other) in AccessLevel.allCases.enumerated() {
                    if needed <= own {
                        try scope.require(other)
                    } else {
                        #expect(throws: AccessError.forbidden(needs: other)) { try scope.require(other) }
                    }
                }
            }
        }
    }

    @Test func `reaches everything for the platform and itself for a vendor`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let (band, bands) = (try ResourceName.named("band"), try ResourceName.named("bands"))
            let platform = try await scope(keys, .platform, .read)
            #expect(platform.mayRead(vendor: band) && platform.reaches(.platform))
            try platform.requirePlatform()
            let vendor = try await scope(keys, .vendor(band), .admin)
            #expect(vendor.mayRead(vendor: band))
            #expect(!vendor.mayRead(vendor: bands))
            #expect(!vendor.reaches(.platform))
            #expect(throws: AccessError.notFound) { try vendor.requirePlatform() }
            #expect(throws: AccessError.notFound) { try vendor.requireReach(.vendor(bands)) }
            try vendor.requireReach(.vendor(band))
        }
    }

    @Test func `names principals one way`() throws {
        let band = AccessPrincipal.vendor(try .named("band"))
        #expect(AccessPrincipal("platform") == .platform)
        #expect(AccessPrincipal("vendor:band") == band)
        #expect(band.description == "vendor:band")
        for text in [
            "", "Platform", "platform ", "vendor:", "vendor:Band", "vendor: band", "vendor:bänd", "band",
        ] {
            #expect(AccessPrincipal(text) == nil)
        }
    }

    @Test func `gives every error its own code`() {
        let errors: [AccessError] = [
            .unauthenticated, .forbidden(needs: .admin), .notFound, .tooManyFailures(retryAfter: .seconds(1)),
            .tooManyKeys(1), .expiryInThePast, .unavailable(reason: "busy", retryable: true),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(errors.filter(\.isRetryable).count == 2)
    }

    private func scope(
        _ keys: APIKeys,
        _ principal: AccessPrincipal,
        _ level: AccessLevel
    ) async throws -> AccessScope {
        let key = try await keys.create(
            label: .named("key"),
            principal: principal,
            level: level,
            by: keys.console
        )
        return try await keys.check(key.text.shown)
    }
}
