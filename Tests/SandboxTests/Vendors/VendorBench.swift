import Domain
import Providers
import Sandbox

/// A vendor on a table: requests in, answers out, time at the test's command.
struct VendorBench<Vendor: VendorMachine> {
    var vendor: Vendor
    var now = Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)
    var random = SeededRandom(seed: 1)
    /// What every request carries.
    var headers: [(String, String)] = []

    init(_ vendor: Vendor, headers: [(String, String)] = []) {
        self.vendor = vendor
        self.headers = headers
    }

    /// Sends one request.
    mutating func send(
        _ method: String,
        _ target: String,
        _ more: [(String, String)] = [],
        body: String = ""
    ) -> VendorAnswer {
        vendor.answer(request(method, target, more, body: body), now: now, random: &random)
    }

    /// The request that `send` sends.
    func request(
        _ method: String,
        _ target: String,
        _ more: [(String, String)] = [],
        body: String = ""
    ) -> VendorRequest {
        let path = String(target.prefix { $0 != "?" })
        return VendorRequest(
            method: method,
            path: path,
            query: String(target.dropFirst(path.count + 1)),
            headers: Headers(headers + more),
            body: Array(body.utf8)
        )
    }

    /// Posts a form to Stripe's kind of API.
    mutating func form(_ path: String, _ pairs: [(String, String)], key: String? = nil) -> VendorAnswer {
        var more = [("content-type", "application/x-www-form-urlencoded")]
        if let key { more.append(("idempotency-key", key)) }
        return send("POST", path, more, body: WireText.form(pairs))
    }

    /// Sends JSON.
    mutating func json(
        _ path: String,
        _ json: JSONValue = [:],
        method: String = "POST",
        _ more: [(String, String)] = []
    ) -> VendorAnswer {
        send(
            method,
            path,
            [("content-type", "application/json")] + more,
            body: String(decoding: json.serialized(), as: UTF8.self)
        )
    }
}

extension VendorAnswer {
    /// The body as JSON; null when it is none.
    var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }

    /// The text at a pointer of the body; empty when there is none.
    func text(_ pointer: String) -> String { json.pointer(pointer)?.string ?? "" }
}

extension VendorMachine {
    /// The ledger as `kind id of amount`, without ids: `charge 1250`.
    var effects: [String] { ledger.map { "\($0.kind) \($0.amount ?? 0)" } }
}
