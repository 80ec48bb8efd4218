package import Domain

/// The sandbox's own endpoints beside a vendor's API: faults, the ledger, the traffic, a new beginning.
///
/// | request | what it does |
/// |---|---|
/// | `GET /_faults` | lists the faults |
/// | `POST /_faults` | adds one, described as `VendorFault.init(json:now:)` says |
/// | `DELETE /_faults` | ends all |
/// | `GET /_ledger` | what took effect, oldest first; the last `entriesMax` |
/// | `GET /_traffic?from=N` | the requests that came, from number N on: when (µs), method, path, status, fate |
/// | `POST /_reset` | forgets everything |
package enum VendorControl {
    /// The most entries of one answer.
    package static let entriesMax = 10_000

    /// Whether a path is the sandbox's own.
    package static func isOwn(_ path: String) -> Bool { path.utf8.starts(with: "/_".utf8) }

    /// Answers a request whose path is the sandbox's own.
    package static func answer(
        _ request: VendorRequest,
        _ vendor: inout FaultyVendor,
        now: Instant
    ) -> VendorAnswer {
        switch (request.method, request.path) {
        case ("GET", "/_faults"): return faults(of: vendor)
        case ("POST", "/_faults"): return add(request, &vendor, now: now)
        case ("DELETE", "/_faults"):
            vendor.clearFaults()
            return faults(of: vendor)
        case ("GET", "/_ledger"):
            let ledger = vendor.ledger
            return VendorAnswer(
                status: 200,
                json: [
                    "count": .integer(ledger.count), "entries": .array(ledger.suffix(entriesMax).map(\.json)),
                ]
            )
        case ("GET", "/_traffic"):
            let first = request.queryFields?.text("from").flatMap { Int($0) } ?? 0
            return VendorAnswer(status: 200, json: vendor.traffic.json(from: first, limit: entriesMax))
        case ("POST", "/_reset"):
            vendor.reset()
            return VendorAnswer(status: 204)
        default:
            return refusal(
                404,
                "there is /_faults (GET, POST, DELETE), /_ledger and /_traffic (GET), and /_reset (POST)"
            )
        }
    }

    private static func add(
        _ request: VendorRequest,
        _ vendor: inout FaultyVendor,
        now: Instant
    ) -> VendorAnswer {
        guard let json = request.json else { return refusal(400, "the body is no JSON") }
        do {
            guard vendor.add(try VendorFault(json: json, now: now)) else {
                return refusal(
                    409,
                    "there are \(FaultyVendor.faultsMax) faults already; DELETE /_faults first"
                )
            }
            return faults(of: vendor, status: 201)
        } catch {
            return refusal(400, error.description)
        }
    }

    private static func faults(of vendor: FaultyVendor, status: Int = 200) -> VendorAnswer {
        VendorAnswer(status: status, json: ["faults": .array(vendor.faults.map(\.json))])
    }

    private static func refusal(_ status: Int, _ text: String) -> VendorAnswer {
        VendorAnswer(status: status, json: ["error": .string(text)])
    }
}
