package import Domain
package import Resilience

extension CloudinaryCalls {
    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard let input = try? StoredObject.input(call, Self.facts) else {
            return PlainFailure.unreadable(answer, call.operation)
        }
        let step = CloudinaryStep(call, progress)
        switch step {
        case .destroy(isCleaning: true): return .notApplied(StoredObject.damaged)
        case .destroy where answer.isSuccess: return destroyed(answer, input)
        case .fetch where answer.isSuccess: return .succeeded(Self.fetched(answer, input))
        case .look where answer.isSuccess:
            guard let asset = CloudinaryAsset(answer.json) else { break }
            return looked(asset, call, input, account)
        case .look where answer.status == 404: return missing(answer, call, input, account)
        case .upload(let index) where answer.isSuccess: return uploaded(answer, call, input, index)
        default: return failed(answer, call, step, account)
        }
        return PlainFailure.unreadable(answer, .storageHead)
    }

    /// Knows 420 and 429, and the fields of the Admin API, whose window ends at an HTTP date.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        let reset = answer.headers.first("x-featureratelimit-reset")
            .flatMap { HTTPDate.parse(Array($0.utf8), now: answer.at) }
            .map { max($0 - answer.at, .zero) }
        let isAdmin = answer.headers.first("x-featureratelimit-limit") != nil
        if answer.status == 420 || answer.status == 429 {
            return [.refused(limit: isAdmin ? "admin" : nil, wait: answer.retryAfter ?? reset)]
        }
        guard
            let count = answer.headers.first("x-featureratelimit-remaining").flatMap({ Int($0) }), count >= 0
        else { return [] }
        return [.remaining(limit: "admin", count: count, resetIn: reset)]
    }

    /// Where the content of an asset may be had: at Cloudinary's own hosts, or at the integration's.
    static func isDelivery(_ url: String, _ account: IntegrationAccount) -> Bool {
        guard let parts = URLParts(url), let base = URLParts(account.baseURL) else { return false }
        return parts.origin == base.origin || (parts.scheme == "https" && parts.site == "cloudinary.com")
    }

    // MARK: Success

    private func destroyed(_ answer: ProviderAnswer, _ input: StorageInput) -> CallVerdict {
        switch answer.json?["result"]?.string {
        case "ok", "not found":
            .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false).json))
        default: PlainFailure.unreadable(answer, .storageDelete)
        }
    }

    private static func fetched(_ answer: ProviderAnswer, _ input: StorageInput) -> CallOutcome {
        let reply = ObjectReply(
            key: input.key,
            exists: true,
            bytes: answer.headers.first("content-length").flatMap { Int64($0) },
            etag: answer.headers.first("etag").map(S3Wire.unquoted),
            contentType: answer.headers.first("content-type")
        )
        return CallOutcome(reply: reply.json)
    }

    private func uploaded(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ input: StorageInput,
        _ index: Int
    ) -> CallVerdict {
        guard let content = call.content else { return unclear(Self.unreadable(answer), input) }
        guard index == content.parts.count - 1 else {
            // `{"done": false, …}`: nothing is checked before the end.
            return answer.json?.object == nil
                ? .notApplied(Self.unreadable(answer)) : .goOn(["parts": .integer(index + 1)])
        }
        guard let asset = CloudinaryAsset(answer.json) else { return unclear(Self.unreadable(answer), input) }
        if asset.isExisting, !input.overwrites { return .goOn(["taken": true]) }
        guard asset.holds(content) else { return .goOn(["clean": true]) }
        return .succeeded(CallOutcome(reply: asset.reply(input.key, contentType: content.contentType).json))
    }

    private func looked(
        _ asset: CloudinaryAsset,
        _ call: CallRequest,
        _ input: StorageInput,
        _ account: IntegrationAccount
    ) -> CallVerdict {
        switch call.operation {
        case .storageUpload:
            guard asset.isOf(call), let content = call.content else { return .refused(StoredObject.exists) }
            guard asset.holds(content) else { return .goOn(["clean": true]) }
            return .succeeded(
                CallOutcome(reply: asset.reply(input.key, contentType: content.contentType).json)
            )
        case .storageHead: return .succeeded(CallOutcome(reply: asset.reply(input.key).json))
        default:
            guard let url = asset.url, Self.isDelivery(url, account) else {
                return .notApplied(
                    ProviderFailure(
                        .unavailable,
                        code: "unexpected_url",
                        message: "Cloudinary names no delivery URL of its own"
                    )
                )
            }
            return call.operation == .storageDownload
                ? .goOn(["url": .string(url), "asset": asset.progress(input.key)])
                : .succeeded(CallOutcome(reply: asset.reply(input.key, url: url).json))
        }
    }

    private func missing(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ input: StorageInput,
        _ account: IntegrationAccount
    ) -> CallVerdict {
        switch call.operation {
        case .storageHead:
            .succeeded(CallOutcome(reply: ObjectReply(key: input.key, exists: false).json))
        case .storageUpload:
            .notApplied(
                ProviderFailure(
                    .conflict,
                    code: "changed_meanwhile",
                    message: "The asset that stood in the way is gone"
                )
            )
        default: .notApplied(Self.failure(answer, account).failure())
        }
    }

    // MARK: Failure

    /// What an error says: 4xx is not applied, 5xx and others are nobody's guess where that matters.
    private func failed(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ step: CloudinaryStep,
        _ account: IntegrationAccount
    ) -> CallVerdict {
        let failure = Self.failure(answer, account)
        guard case .object(let input) = call.input else { return failure.ofRead }
        switch step {
        case .look, .fetch: return failure.ofRead
        case .destroy: return failure.ofEffect
        case .upload(let index):
            let isLast = index + 1 == (call.content?.parts.count ?? 1)
            return isLast && !input.overwrites ? failure.ofEffect : failure.ofRead
        }
    }

    /// Leaves out what follows Cloudinary's first sentence about signatures: it repeats the string that is signed.
    private static func failure(_ answer: ProviderAnswer, _ account: IntegrationAccount) -> PlainFailure {
        let text = answer.json?["error"]?["message"]?.string ?? answer.headers.first("x-cld-error")
        let isStale = text.map { $0.hasPrefix("Stale request") } ?? false
        let isSignature = text.map { $0.hasPrefix("Invalid Signature") } ?? false
        return PlainFailure(
            answer,
            code: isStale ? "stale_request" : isSignature ? "invalid_signature" : nil,
            message: isSignature ? "Cloudinary does not accept the signature: check `secret`" : text,
            wait: [420, 429].contains(answer.status) ? answer.retryAfter : nil,
            account
        )
    }

    private func unclear(_ failure: ProviderFailure, _ input: StorageInput) -> CallVerdict {
        input.overwrites ? .notApplied(failure) : .inDoubt(failure)
    }

    private static func unreadable(_ answer: ProviderAnswer) -> ProviderFailure {
        ProviderFailure(
            .unavailable,
            code: "unexpected_answer",
            message: "Cloudinary answered with \(answer.status) and something that cannot be read"
        )
    }
}
