package import Domain

extension S3Calls {
    /// Looks whether the object is there, and whose it is.
    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        guard let input = try? StoredObject.input(call, Self.facts) else {
            return .hold("look at the object in the S3 console")
        }
        guard !call.operation.isRead else { return .replay }
        return .ask(S3Wire(account, now: now).request("HEAD", input.key, effect: .none))
    }

    /// What the object says of a lost answer.
    ///
    /// | operation | object | verdict |
    /// |---|---|---|
    /// | upload | carries the call's tag, length and checksum are right | succeeded |
    /// | upload | carries the call's tag, something is wrong | dead |
    /// | upload | another one, or none, after two minutes | dead |
    /// | delete | none | succeeded |
    /// | delete | still there after two minutes | dead |
    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard let input = try? StoredObject.input(call, Self.facts), answer.isSuccess || answer.status == 404
        else { return .unknown }
        let object = answer.isSuccess ? S3Object(answer) : nil
        if call.operation == .storageDelete {
            guard object != nil else {
                return answer.status == 404
                    ? .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false).json))
                    : .unknown
            }
            return age >= Self.lateEffectMax ? .dead(Self.absent) : .unknown
        }
        guard let object, object.isOf(call), let content = call.content else {
            guard age >= Self.lateEffectMax else { return .unknown }
            return object != nil && !input.overwrites ? .refused(StoredObject.exists) : .dead(Self.absent)
        }
        guard object.holds(content) else { return .dead(StoredObject.damaged) }
        var reply = object.reply(input.key)
        reply.bytes = content.bytes
        return .succeeded(CallOutcome(reply: reply.json))
    }

    private static let absent = ProviderFailure(
        .unavailable,
        code: "not_applied",
        message: "S3 shows no trace of the request: it did not take place"
    )
}
