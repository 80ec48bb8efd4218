import Access
import Calls
import Domain
import Providers
import Registry
import Transport

/// Objects at storage providers: their bytes, and what is to be copied back to where it belongs.
struct ObjectRoutes: Sendable {
    let context: ResourceContext
    let calls: CallEngine
    let proxy: ProxyEngine

    var all: [Route] { [read, debts] }

    private var read: Route {
        Route(
            .get,
            "/api/objects/{integration}",
            id: "readObject",
            tag: "calls",
            summary: "Streams an object's bytes, judged by their checksum; one `Range` is heeded.",
            parameters: [
                .init("key", .string(length: 1...StorageInput.keyBytesMax), "The object's key. Required."),
                .init("wedding", .string(length: 1...128), "The wedding it is for."),
                .init("priority", .choice(Priority.allCases.map(\.name)), "How urgent it is."),
            ],
            replies: [
                .other(200, "*/*", "The bytes. The connection breaks before the last one if they are wrong."),
                .other(206, "*/*", "The bytes of the range, judged by their number alone."),
            ],
            problems: [404, 409, 416, 422, 502],
            action: .guarded(.read) { call, scope in
                guard let key = call.text("key"), StorageInput.isValid(key: key) else {
                    throw Problem.badRequest("key-invalid", "Write the object's key as `key`.")
                }
                let integration = try await integration(call.path["integration"], key, scope)
                let input = StorageInput(key: key, range: Self.range(call.request.headers))
                let asked = ObjectRequest(
                    input,
                    wedding: try context.wedding(call.text("wedding"), scope),
                    priority: call.text("priority").flatMap { Priority(name: $0) } ?? .normal
                )
                do {
                    return Self.response(try await proxy.open(asked, at: integration), call.request.method)
                } catch let error as ObjectError {
                    throw Problem(error)
                }
            }
        )
    }

    private var debts: Route {
        Route(
            .get,
            "/api/content-debts",
            id: "listContentDebts",
            tag: "calls",
            summary:
                "Lists objects that were stored elsewhere in a failover and are copied back, newest first.",
            parameters: [
                .init("state", .choice(ContentDebtState.allCases.map(\.name)), "Only those that stand so."),
                Parameters.limit, Parameters.cursor,
            ],
            replies: [.json(200, .page(of: "ContentDebt"), "One page of debts.")],
            action: .guarded(.read) { call, scope in
                var filter = ContentDebtFilter(
                    state: call.text("state").flatMap { name in
                        ContentDebtState.allCases.first { $0.name == name }
                    }
                )
                if case .vendor(let vendor) = scope.principal {
                    filter.owner = scope.principal.description
                    filter.vendor = vendor
                }
                let listing = call.listing("content-debts", scope)
                var before: CallID?
                if let text = call.text("cursor") {
                    before = CallID(bytes: try context.cursors.decode(text, listing: listing))
                }
                let found = try await calls.contentDebts(filter, before: before, limit: call.limit + 1)
                let page = found.prefix(call.limit)
                let next = found.count > call.limit ? page.last?.call.bytes : nil
                return .page(
                    page.map { $0.json(context) },
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    /// Vendors read at their own integrations everything, at the platform's what their own calls have stored there.
    private func integration(
        _ name: String,
        _ key: String,
        _ scope: AccessScope
    ) async throws -> CallIntegration {
        guard let name = ResourceName(name), let found = context.registry.snapshot.integration(named: name)
        else { throw Problem.notFound }
        if !context.mayRead(found.definition.vendor, scope) {
            guard case .vendor(let vendor) = scope.principal, found.definition.vendor == nil,
                try await calls.hasStored(
                    key,
                    at: found.id,
                    owner: scope.principal.description,
                    vendor: vendor
                )
            else { throw Problem.notFound }
        }
        guard let integration = proxy.integration(named: name) else { throw Problem(ObjectError.unsupported) }
        return integration
    }

    /// The one range of `bytes=a-b` or `bytes=a-`; others are passed over (RFC 9110 section 14.2).
    static func range(_ headers: Headers) -> Range<Int64>? {
        let values = headers.values("range")
        let unit = "bytes="
        guard values.count == 1, let text = values.first, text.utf8.starts(with: unit.utf8) else {
            return nil
        }
        let ends = text.utf8.dropFirst(unit.utf8.count).split(
            separator: UInt8(ascii: "-"),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let numbers = ends.map { end in
            end.allSatisfy { (0x30...0x39).contains($0) } ? Int64(String(Substring(end))) : nil
        }
        guard numbers.count == 2, let first = numbers[0] else { return nil }
        if ends[1].isEmpty { return first..<Int64.max }
        guard let last = numbers[1], last >= first, last < Int64.max else { return nil }
        return first..<(last + 1)
    }

    private static let passedOn = ["content-type", "content-range", "last-modified", "etag"]

    private static func response(_ answer: ObjectAnswer, _ method: RequestMethod) -> APIResponse {
        var headers = Headers()
        for name in passedOn {
            guard let value = answer.headers.first(name), value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
            else { continue }
            headers.append(lowercaseName: name, value: value)
        }
        if headers.first("content-type") == nil {
            headers.append(lowercaseName: "content-type", value: "application/octet-stream")
        }
        headers.append(lowercaseName: "accept-ranges", value: "bytes")
        headers.append(lowercaseName: "usher-checked", value: answer.checksum ?? "length")
        // What a provider sends is shown to nobody as a page of Usher's.
        headers.append(lowercaseName: "content-security-policy", value: "sandbox")
        let transfer = answer.body
        guard method != .head else {
            transfer.finish()
            return APIResponse(
                status: answer.status,
                headers: headers,
                stream: ResponseStream(length: answer.length) { _ in }
            )
        }
        let stream = ResponseStream(length: answer.length) { sink in
            do {
                while let piece = try await transfer.next() { try await sink.write(piece) }
            } catch {
                transfer.cancel()
                throw error
            }
        }
        return APIResponse(status: answer.status, headers: headers, stream: stream)
    }
}

extension ContentDebt {
    /// The debt as the API shows it.
    func json(_ context: ResourceContext) -> JSONValue {
        let name = { (id: Int64) in context.registry.snapshot.integration(id: id)?.name.text }
        return [
            "call": .string("\(call)"),
            "key": .string(key),
            "bytes": .integer(content.bytes),
            "sha256": .string(Hex.encode(content.sha256)),
            "stored_at": .text(name(source)),
            "belongs_at": .text(name(owed)),
            "state": .string(state.name),
            "tries": .integer(tries),
            "failure": failure?.json ?? .null,
            "next_try_at": .instant(state == .owed ? dueAt : nil),
            "etags": .object([
                JSONMember("stored_at", .text(sourceTag)), JSONMember("belongs_at", .text(owedTag)),
            ]),
            "created_at": .instant(createdAt),
            "finished_at": .instant(finishedAt),
        ]
    }
}

extension Problem {
    /// What a caller is told whose object was not opened.
    init(_ error: ObjectError) {
        let code = String(error.code.map { $0 == "_" ? "-" : $0 })
        switch error {
        case .unsupported, .disabled:
            self.init(
                status: 409,
                code: code,
                title: "There are no objects to be had.",
                detail: error.description
            )
        case .input:
            self.init(
                status: 422,
                code: code,
                title: "The object cannot be asked for.",
                detail: error.description
            )
        case .overloaded: self = .overloaded(retryAfterSeconds: 1)
        case .unavailable(let wait, _):
            self.init(
                status: 503,
                code: code,
                title: "The object cannot be read now.",
                detail: error.description,
                headers: Headers([("retry-after", "\(max(1, Int(wait.inSeconds.rounded(.up))))")])
            )
        case .failed(let failure, _) where failure.kind == .notFound: self = .notFound
        case .failed(_, status: 416):
            self.init(status: 416, code: "range-invalid", title: "The range lies outside of the object.")
        case .failed(let failure, _):
            self.init(
                status: 502,
                code: code,
                title: "The provider did not give the object.",
                detail: failure.message
            )
        case .damaged:
            self.init(status: 502, code: code, title: "The object did not come as it was stored.")
        }
    }
}

extension SchemaCatalogue {
    /// The shapes of objects.
    static let objectSchemas: [(name: String, schema: Schema)] = [
        (
            "ContentDebt",
            .object([
                .required("call", .text, "The upload."),
                .required("key", .text, "The object's key, at both."),
                .required("bytes", .count, "How long it is."),
                .required("sha256", .text, "Its SHA-256, in hexadecimal digits."),
                .required("stored_at", .optionalText, "The integration that has it."),
                .required("belongs_at", .optionalText, "The integration that it is copied to."),
                .required(
                    "state",
                    .choice(ContentDebtState.allCases.map(\.name)),
                    "How it stands: `refused`, `differs` and `lost` wait for a person."
                ),
                .required("tries", .count, "How often copying has failed."),
                .required("failure", .nullable(.named("CallFailure")), "Why the last try failed."),
                .required("next_try_at", .optionalInstant, "When it is tried next; null when it is over."),
                .required("etags", .any, "The version tags at both ends, once they were compared."),
                .required("created_at", .instant, "When the upload was over."),
                .required("finished_at", .optionalInstant, "When this was over."),
            ])
        )
    ]
}
