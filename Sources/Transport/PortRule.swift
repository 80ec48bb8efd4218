/// Which ports a destination may have.
///
/// 443 and every port from 1024 up for `https`; 80, 443 and every port from 1024 up for `http`, which only private
/// destinations may use at all. Below 1024 lives everything that is not HTTP (22, 25, 53, 139, …). From 1024 up,
/// where people put their own servers, the ports of well-known servers that speak something else are refused: a
/// request's header lines are commands to a Redis or a mail server.
///
/// Sources: WHATWG Fetch, section "port blocking" (those above 1023); IANA service names for the data stores.
package enum PortRule {
    /// Ports above 1023 that are refused.
    package static let refused: Set<Int> = [
        // WHATWG Fetch
        1_719, 1_720, 1_723, 2_049, 3_659, 4_045, 4_190, 5_060, 5_061, 6_000, 6_566, 6_665, 6_666, 6_667,
        6_668,
        6_669, 6_679, 6_697, 10_080,
        // Databases, caches, queues and remote control
        1_433, 1_521, 1_883, 2_181, 2_375, 2_376, 2_379, 2_380, 3_306, 3_389, 4_222, 5_432, 5_672, 5_900,
        6_379,
        6_380, 6_443, 8_883, 9_042, 9_092, 10_250, 11_211, 27_017, 27_018, 27_019,
    ]

    /// Whether a destination may use `port`.
    package static func allows(_ port: Int, plainHTTP: Bool) -> Bool {
        if port == 443 || port == 80 && plainHTTP { return true }
        return (1_024...65_535).contains(port) && !refused.contains(port)
    }
}
