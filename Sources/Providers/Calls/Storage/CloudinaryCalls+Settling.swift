package import Domain

extension CloudinaryCalls {
    /// Asks the Admin API for the asset.
    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        guard let input = try? StoredObject.input(call, Self.facts) else {
            return .hold("look at the asset in Cloudinary's console")
        }
        guard !call.operation.isRead else { return .replay }
        return .ask(CloudinaryWire(account, now: now).resource(input.key))
    }

    /// What the asset says of a lost answer: see the table of `S3Calls.readSettled`.
    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard let input = try? StoredObject.input(call, Self.facts) else { return .unknown }
        let asset = answer.isSuccess ? CloudinaryAsset(answer.json) : nil
        guard asset != nil || answer.status == 404 else { return .unknown }
        let isOver = age >= Self.lateEffectMax
        if call.operation == .storageDelete {
            guard asset != nil else {
                return .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false).json))
            }
            return isOver ? .dead(Self.absent) : .unknown
        }
        guard let asset, asset.isOf(call), let content = call.content else {
            guard isOver else { return .unknown }
            return asset != nil && !input.overwrites ? .refused(StoredObject.exists) : .dead(Self.absent)
        }
        guard asset.holds(content) else { return .dead(StoredObject.damaged) }
        return .succeeded(
            CallOutcome(reply: asset.reply(input.key, contentType: content.contentType).json)
        )
    }

    private static let absent = ProviderFailure(
        .unavailable,
        code: "not_applied",
        message: "Cloudinary shows no trace of the request: it did not take place"
    )
}
