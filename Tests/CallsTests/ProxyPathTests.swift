import Calls
import Domain
import Providers
import Sandbox
import Synchronization
import Testing
import Transport
import UsherTesting

/// Paths of stores go through the proxy as they are.
@Suite struct ProxyPathTests {
    private static let store: (name: String, dialect: any CallDialect, credential: [String: String]) = (
        "store", S3Calls(),
        [
            "access_key_id": S3Vendor.accessKeyDefault, "secret_key": S3Vendor.secretKeyDefault,
            "region": S3Vendor.regionDefault, "bucket": S3Vendor.bucketDefault,
        ]
    )
    private static let stripe: (name: String, dialect: any CallDialect, credential: [String: String]) = (
        "stripe", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
    )

    private func send(
        _ rig: CallRig,
        _ method: String,
        _ path: String,
        to name: String,
        _ body: String? = nil
    ) async throws -> (status: Int, body: [UInt8]) {
        let proxy = try #require(rig.proxy())
        let integration = try #require(ResourceName(name).flatMap { rig.engine.integration($0) })
        let bytes = body.map { Array($0.utf8) }
        let given = Note(false)
        let streamed = bytes.map { bytes in
            StreamedRequest.Body(length: Int64(bytes.count)) { given.take() ? bytes : nil }
        }
        let call = ProxyCall(method: method, path: path, body: streamed)
        let answer = try await proxy.send(call, to: integration)
        var all: [UInt8] = []
        while let piece = try await answer.body.next() { all += piece }
        return (answer.status, all)
    }

    @Test func `two slashes in a key are a key of its own`() async throws {
        let vendors: [String: any VendorMachine] = ["store.test": S3Vendor(), "stripe.test": StripeVendor()]
        try await CallRig.run([Self.store, Self.stripe], vendors: vendors) { rig in
            let folder = "/\(S3Vendor.bucketDefault)/garcia"
            #expect(try await send(rig, "PUT", "\(folder)//1.jpg", to: "store", "two").status == 200)
            #expect(try await send(rig, "GET", "\(folder)/1.jpg", to: "store").status == 404)
            #expect(try await send(rig, "PUT", "\(folder)/1.jpg", to: "store", "one").status == 200)
            let found = try await send(rig, "GET", "\(folder)//1.jpg", to: "store")
            #expect(found.status == 200 && found.body == Array("two".utf8))
            #expect(rig.vendors.requests.contains("PUT store.test\(folder)//1.jpg"))
            for path in ["/\(folder)/1.jpg", "\(folder)//../1.jpg", "\(folder)//%2e%2e/1.jpg"] {
                await #expect(throws: ProxyError.self) { _ = try await send(rig, "GET", path, to: "store") }
            }
            await #expect(throws: ProxyError.self) {
                _ = try await send(rig, "GET", "/v1//charges", to: "stripe")
            }
        }
    }
}

/// Something that is given once.
private final class Note: Sendable {
    private let isTaken: Mutex<Bool>

    init(_ isTaken: Bool) { self.isTaken = Mutex(isTaken) }

    func take() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }
}
