import Domain
import Testing

@Suite struct PriorityTests {
    @Test func `sorts the most urgent first`() {
        #expect([Priority.low, .critical, .normal, .high].sorted() == [.critical, .high, .normal, .low])
    }

    @Test func `is read by the name it writes`() {
        for priority in Priority.allCases { #expect(Priority(name: priority.name) == priority) }
        #expect(Priority(name: "Critical") == nil)
        #expect(Priority(name: "") == nil)
    }
}
