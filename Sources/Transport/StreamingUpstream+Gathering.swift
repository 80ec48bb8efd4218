extension StreamingUpstream {
    /// The most bytes of either body that `gathering` keeps: 1 MiB.
    package static let gatheredBytesMax = 1_048_576

    /// A port for streams over one for whole messages, for worlds without sockets: each body is gathered first.
    ///
    /// Bodies beyond `gatheredBytesMax` fail with `overloaded` before anything is sent.
    package static func gathering(_ upstream: Upstream) -> StreamingUpstream {
        StreamingUpstream { request async throws(TransportError) in
            var body: [UInt8] = []
            do {
                while let piece = try await request.body?.next() {
                    body += piece
                    guard body.count <= gatheredBytesMax else { throw TransportError.overloaded }
                }
            } catch let error as TransportError {
                throw error
            } catch {
                throw .cancelled(sent: false)
            }
            let response = try await upstream.send(
                OutgoingRequest(
                    method: request.method,
                    url: request.url,
                    headers: request.headers,
                    body: body,
                    timeout: request.headTimeout,
                    responseBytesMax: gatheredBytesMax,
                    policy: request.policy
                )
            )
            return StreamedResponse(
                status: response.status,
                headers: response.headers,
                body: StreamedResponseBody(whole: response.body)
            )
        }
    }
}
