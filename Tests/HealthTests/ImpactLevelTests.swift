import Health
import Testing

struct ImpactLevelTests {
    @Test func `levels go from none to critical`() {
        #expect(ImpactLevel.allCases == ImpactLevel.allCases.sorted())
        #expect(ImpactLevel.none < .critical)
        #expect(ImpactLevel.allCases.map(\.rawValue) == ["none", "low", "medium", "high", "critical"])
    }
}
