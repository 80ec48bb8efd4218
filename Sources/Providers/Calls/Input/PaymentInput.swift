package import Domain

/// The input of `payments.charge` and `payments.authorize`.
///
/// ```json
/// {"amount": {"amount": 125000, "currency": "EUR"},
///  "sources": {"stripe": "pm_…", "square": "ccof:…", "paypal": "…"},
///  "customers": {"stripe": "cus_…"}, "description": "Deposit, Garcia wedding", "reference": "inv-2027-31"}
/// ```
package struct PaymentInput: Hashable, Sendable {
    /// The longest source or customer id, in bytes.
    package static let sourceBytesMax = 255
    /// The most entries of `metadata`; Stripe takes 50, and some are Usher's own.
    package static let metadataMax = 20

    /// How much.
    package let amount: Money
    /// What to take it from, by processor: tokens belong to the processor that made them.
    package let sources: [APIProvider: String]
    /// The payer's id at each processor, where the source belongs to one.
    package let customers: [APIProvider: String]
    /// What it is for; shown to the payer by some processors.
    package let description: String?
    /// The application's own number for it, at most 40 bytes (Square's `reference_id`).
    package let reference: String?
    /// Further texts, stored with the payment where the processor can.
    package let metadata: [String: String]

    /// Reads the input.
    package init(_ reader: CallInputReader) throws(CallInputError) {
        try reader.finish(known: ["amount", "sources", "customers", "description", "reference", "metadata"])
        guard let amount = try reader.money("amount") else {
            throw CallInputError(
                .missingField,
                at: reader.pointer("amount"),
                "is missing: write an amount like {\"amount\": 1250, \"currency\": \"EUR\"}"
            )
        }
        self.amount = amount
        sources = try Self.byProcessor("sources", reader)
        customers = try Self.byProcessor("customers", reader)
        guard !sources.isEmpty else {
            throw CallInputError(
                .missingSource,
                at: reader.pointer("sources"),
                "is missing: write one source per processor, like {\"stripe\": \"pm_…\", \"square\": \"ccof:…\"}"
            )
        }
        description = try reader.text("description", bytesMax: 500)
        reference = try reader.text("reference", bytesMax: 40)
        metadata = try reader.texts("metadata", countMax: Self.metadataMax, bytesMax: 500)
    }

    private static func byProcessor(
        _ name: String,
        _ reader: CallInputReader
    ) throws(CallInputError) -> [APIProvider: String] {
        let processors: [APIProvider] = [.stripe, .square, .paypal]
        let texts = try reader.texts(name, countMax: processors.count, bytesMax: sourceBytesMax)
        var found: [APIProvider: String] = [:]
        for (key, text) in texts.sorted(by: { $0.key < $1.key }) {
            guard let processor = APIProvider(name: key), processors.contains(processor) else {
                throw CallInputError(
                    .unknownField,
                    at: "\(reader.pointer(name))/\(key)",
                    "is no payment processor; known are stripe, square, paypal"
                )
            }
            found[processor] = text
        }
        return found
    }
}

/// The input of `payments.capture`, `.refund`, `.void` and `.get`, the target apart.
///
/// `{"amount": {"amount": 5000, "currency": "EUR"}, "reason": "the band was ill"}`; no amount is all of it.
package struct PaymentChangeInput: Hashable, Sendable {
    /// How much to capture or refund; nil is all that can be.
    package let amount: Money?
    /// Why, for the books; at most 192 bytes (Square's `reason`).
    package let reason: String?

    /// Reads the input.
    package init(_ reader: CallInputReader) throws(CallInputError) {
        try reader.finish(known: ["amount", "reason"])
        amount = try reader.money("amount")
        reason = try reader.text("reason", bytesMax: 192)
    }

    /// All of it, for a reason.
    package init(amount: Money? = nil, reason: String?) {
        self.amount = amount
        self.reason = reason
    }
}
