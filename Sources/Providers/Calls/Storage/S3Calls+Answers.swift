package import Domain
package import Resilience

extension S3Calls {
    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard let input = try? StoredObject.input(call, Self.facts) else {
            return PlainFailure.unreadable(answer, call.operation)
        }
        let step = S3Step(call, progress)
        switch step {
        case .abort, .removeDamaged: return cleaned(progress)
        case .get where answer.isSuccess, .look where answer.isSuccess && call.operation != .storageUpload:
            guard let object = S3Object(answer) else { return unreadable(answer, call) }
            let url =
                call.operation == .storagePresign ? S3Wire(account, now: answer.at).presigned(input) : nil
            return .succeeded(CallOutcome(reply: object.reply(input.key, url: url).json))
        case .look where answer.status == 404: return missing(answer, call, input, account, progress)
        case .look where answer.isSuccess: return looked(answer, call, input, progress)
        case .delete where answer.isSuccess || S3Fault(answer, account).isMissingKey:
            return .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false).json))
        case .put where answer.isSuccess: return stored(answer, call, input, progress)
        case .begin where answer.isSuccess: return begun(answer, call)
        case .part(let upload, let index) where answer.isSuccess:
            return part(answer, call, upload, index, progress)
        case .complete where answer.isSuccess: return completed(answer, call, input, account, progress)
        default: return failed(S3Fault(answer, account), step, call, progress)
        }
    }

    /// Knows 503 `SlowDown`: S3 sends no fields about its limits.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        guard answer.status == 503 || answer.status == 429 else { return [] }
        return S3Fault.isLimit(S3Fault.code(answer), answer.status)
            ? [.refused(limit: nil, wait: answer.retryAfter)] : []
    }

    // MARK: Success

    private func stored(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ input: StorageInput,
        _ progress: JSONValue
    ) -> CallVerdict {
        guard let object = S3Object(answer), let content = call.content else {
            return unreadable(answer, call)
        }
        guard object.hasTag(of: content) else {
            return clean(["etag": .string(object.tag)], StoredObject.damaged)
        }
        return done(input, content, tag: object.tag)
    }

    private func done(_ input: StorageInput, _ content: StoredContent, tag: String) -> CallVerdict {
        let reply = ObjectReply(
            key: input.key,
            exists: true,
            bytes: content.bytes,
            etag: tag,
            contentType: content.contentType
        )
        return .succeeded(CallOutcome(reply: reply.json))
    }

    private func begun(_ answer: ProviderAnswer, _ call: CallRequest) -> CallVerdict {
        let root = XMLReader.read(answer.body)
        guard let upload = root?.child("UploadId"), !upload.isEmpty else {
            return PlainFailure.unreadable(answer, .storageHead)
        }
        return .goOn(["upload": .string(upload), "parts": []])
    }

    private func part(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ upload: String,
        _ index: Int,
        _ progress: JSONValue
    ) -> CallVerdict {
        guard let tag = answer.headers.first("etag").map(S3Wire.unquoted), let content = call.content else {
            return again(StoredObject.damaged, progress)
        }
        if S3Object.isPlain(answer), !StoredObject.isSame(tag, Hex.encode(content.parts[index].md5)) {
            return again(StoredObject.damaged, progress)
        }
        let tags = (progress["parts"]?.array ?? []) + [.string(tag)]
        return .goOn(["upload": .string(upload), "parts": .array(tags)])
    }

    /// Reads the end of an upload, whose 200 may hold an error.
    private func completed(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ input: StorageInput,
        _ account: IntegrationAccount,
        _ progress: JSONValue
    ) -> CallVerdict {
        let root = XMLReader.read(answer.body)
        if root?.name == "Error" {
            let fault = S3Fault(answer, account, in200: true)
            return failed(fault, S3Step(call, progress), call, progress)
        }
        guard root?.name == "CompleteMultipartUploadResult", let quoted = root?.child("ETag"),
            let content = call.content
        else { return unreadable(answer, call) }
        let tag = S3Wire.unquoted(quoted)
        guard !S3Object.isPlain(answer) || StoredObject.isSame(tag, S3Object.tag(of: content)) else {
            return clean(["etag": .string(tag)], StoredObject.damaged)
        }
        return done(input, content, tag: tag)
    }

    /// What it means that an object is there when one is to be uploaded.
    private func looked(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ input: StorageInput,
        _ progress: JSONValue
    ) -> CallVerdict {
        guard let object = S3Object(answer), let content = call.content else {
            return unreadable(answer, call)
        }
        if object.isOf(call) {
            return object.holds(content)
                ? done(input, content, tag: object.tag)
                : clean(["etag": .string(object.tag)], StoredObject.damaged)
        }
        guard progress["taken"]?.bool == true else {
            return input.overwrites ? .goOn(["looked": true]) : .refused(StoredObject.exists)
        }
        let failure =
            input.overwrites
            ? ProviderFailure(
                .conflict,
                code: "NoSuchUpload",
                message: "S3 gave the upload up; another object has the key"
            ) : StoredObject.exists
        guard let upload = progress["upload"] else { return end(failure, isFinal: !input.overwrites) }
        return clean(["upload": upload], failure, isFinal: !input.overwrites)
    }

    /// What it means that no object is there.
    private func missing(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ input: StorageInput,
        _ account: IntegrationAccount,
        _ progress: JSONValue
    ) -> CallVerdict {
        switch call.operation {
        case .storageUpload:
            guard progress["taken"]?.bool == true else { return .goOn(["looked": true]) }
            let failure = ProviderFailure(
                .conflict,
                code: "changed_meanwhile",
                message: "The object that stood in the way is gone"
            )
            guard let upload = progress["upload"] else { return .notApplied(failure) }
            return clean(["upload": upload], failure)
        case .storageHead:
            return .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false).json))
        case .storagePresign where input.purpose == .upload:
            let url = S3Wire(account, now: answer.at).presigned(input)
            return .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false, url: url).json))
        default: return .notApplied(S3Fault(answer, account).failure)
        }
    }

    // MARK: Failure

    private func failed(
        _ fault: S3Fault,
        _ step: S3Step,
        _ call: CallRequest,
        _ progress: JSONValue
    ) -> CallVerdict {
        switch step {
        case .put where fault.isPrecondition: return .goOn(["taken": true])
        case .complete(let upload, _) where fault.isPrecondition || fault.code == "NoSuchUpload":
            return .goOn(["upload": .string(upload), "taken": true])
        case .begin, .part:
            guard !fault.isAmbiguous, !fault.passes else { return again(fault.failure, progress) }
            guard case .part(let upload, _) = step else { return .notApplied(fault.failure) }
            return clean(["upload": .string(upload)], fault.failure)
        case .complete where fault.isAmbiguous ? replaces(call) : fault.passes:
            return again(fault.failure, progress)
        case .complete(let upload, _) where !fault.isAmbiguous:
            return clean(["upload": .string(upload)], fault.failure)
        case .look: return .notApplied(fault.failure)
        default: return fault.isAmbiguous ? unclear(fault.failure, call) : .notApplied(fault.failure)
        }
    }

    /// Lets a request of a multipart upload be sent once more after a while, or ends the upload.
    private func again(_ failure: ProviderFailure, _ progress: JSONValue) -> CallVerdict {
        let tries = progress["tries"]?.int64 ?? 0
        guard tries < Self.retriesMax else {
            guard let upload = progress["upload"] else { return .notApplied(failure) }
            return clean(["upload": upload], failure)
        }
        let kept = (progress.object ?? []).filter { $0.name != "tries" }
        let pause = max(failure.wait ?? .zero, .seconds(1 << tries))
        return .wait(.object(kept + [JSONMember("tries", .integer(tries + 1))]), pause)
    }

    /// Nobody knows, where something may have happened that must not happen again.
    private func unclear(_ failure: ProviderFailure, _ call: CallRequest) -> CallVerdict {
        call.operation.isRead || replaces(call) ? .notApplied(failure) : .inDoubt(failure)
    }

    /// Whether the call is an upload that may replace what is there.
    private func replaces(_ call: CallRequest) -> Bool {
        guard case .object(let input) = call.input else { return false }
        return call.operation == .storageUpload && input.overwrites
    }

    private func unreadable(_ answer: ProviderAnswer, _ call: CallRequest) -> CallVerdict {
        let failure = ProviderFailure(
            .unavailable,
            code: "unexpected_answer",
            message: "S3 answered with \(answer.status) and something that cannot be read"
        )
        return unclear(failure, call)
    }

    /// Removes what a failed upload leaves, and then fails.
    private func clean(_ what: JSONValue, _ failure: ProviderFailure, isFinal: Bool = false) -> CallVerdict {
        .goOn([
            "clean": what, "final": .bool(isFinal),
            "failure": [
                "kind": .string(failure.kind.rawValue), "code": .string(failure.code),
                "message": .string(failure.message),
            ],
        ])
    }

    /// Ends an upload whose remains were removed; whether that succeeded changes nothing for the caller.
    private func cleaned(_ progress: JSONValue) -> CallVerdict {
        let stored = progress["failure"]
        let failure = ProviderFailure(
            stored?["kind"]?.string.flatMap { ProviderFailure.Kind(rawValue: $0) } ?? .unavailable,
            code: stored?["code"]?.string ?? "failed",
            message: stored?["message"]?.string ?? "The upload failed"
        )
        return end(failure, isFinal: progress["final"]?.bool == true)
    }

    private func end(_ failure: ProviderFailure, isFinal: Bool) -> CallVerdict {
        isFinal ? .refused(failure) : .notApplied(failure)
    }
}

extension XMLElement {
    /// The text of the first child of this name, in any namespace.
    func child(_ name: String) -> String? {
        children.first { StoredObject.isSame($0.name, name) }?.trimmed
    }
}
