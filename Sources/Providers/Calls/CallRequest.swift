package import Domain

/// One attempt of a call as a dialect sees it: the same value builds the same requests, before and after a crash.
package struct CallRequest: Sendable {
    /// What is asked for.
    package let operation: Operation
    /// With what.
    package let input: CallInput
    /// What the operation is about at this provider, in the words its dialect chose (`CallOutcome.reference`); nil
    /// unless `operation.hasTarget`, and for calendars' `create` and `changes`.
    package let target: String?
    /// Unique to this attempt and the same whenever it is repeated: 32 characters of `0`–`9` and `a`–`v`, so that it
    /// fits every provider's rule for idempotency keys and Google's for event ids.
    package let key: String
    /// Unique to the call, the same at every provider: what look-ups find it by (`call_…`).
    package let tag: String
    /// When the attempt began.
    package let startedAt: Instant
    /// What was kept for an upload; nil for everything else.
    package let content: StoredContent?

    /// Collects the parts.
    package init(
        operation: Operation,
        input: CallInput,
        target: String? = nil,
        key: String,
        tag: String,
        startedAt: Instant,
        content: StoredContent? = nil
    ) {
        self.operation = operation
        self.input = input
        self.target = target
        self.key = key
        self.tag = tag
        self.startedAt = startedAt
        self.content = content
    }
}

/// The account a call is made with: an integration with its credential opened.
package struct IntegrationAccount: Sendable {
    /// Whose API it is.
    package let provider: APIProvider
    /// Where the API is, without a slash at its end.
    package let baseURL: String
    /// The values of the provider's `CredentialField`s, by name.
    package let credential: [String: Secret]
    /// The access token of a provider with OAuth; nil for the others, and while a token is being asked for.
    package let accessToken: Secret?

    /// Collects the parts.
    package init(
        provider: APIProvider,
        baseURL: String,
        credential: [String: Secret],
        accessToken: Secret? = nil
    ) {
        self.provider = provider
        self.baseURL = baseURL
        self.credential = credential
        self.accessToken = accessToken
    }

    /// A field of the credential as text; empty when it is not there.
    package func text(_ field: String) -> String {
        String(decoding: credential[field]?.bytes ?? [], as: UTF8.self)
    }
}

/// Content kept by Usher for an upload, with its checksums.
package struct StoredContent: Hashable, Sendable {
    /// The size of a part, the last one excepted: 16 MiB.
    package static let partBytes: Int64 = 16_777_216

    /// The checksums of one part.
    package struct Part: Hashable, Sendable {
        /// SHA-256, 32 bytes.
        package let sha256: [UInt8]
        /// MD5, 16 bytes: what S3 and Cloudinary answer with.
        package let md5: [UInt8]

        /// Pairs the checksums.
        package init(sha256: [UInt8], md5: [UInt8]) {
            self.sha256 = sha256
            self.md5 = md5
        }
    }

    /// Its id.
    package let id: ContentID
    /// Its length in bytes.
    package let bytes: Int64
    /// The media type, such as `image/jpeg`.
    package let contentType: String
    /// SHA-256 of the whole, 32 bytes.
    package let sha256: [UInt8]
    /// MD5 of the whole, 16 bytes.
    package let md5: [UInt8]
    /// The parts, each `partBytes` long but the last; at least one, which is empty for empty content.
    package let parts: [Part]

    /// Collects the parts.
    package init(
        id: ContentID,
        bytes: Int64,
        contentType: String,
        sha256: [UInt8],
        md5: [UInt8],
        parts: [Part]
    ) {
        self.id = id
        self.bytes = bytes
        self.contentType = contentType
        self.sha256 = sha256
        self.md5 = md5
        self.parts = parts
    }
}
