package import Domain
import Foundation
package import Registry

/// Reads secrets from where definitions say they are.
///
/// Only `Gateway` does: nothing below reads the environment.
package struct SecretResolver: Sendable {
    /// The most bytes of a secret's file: 64 KiB.
    package static let fileBytesMax = 65_536

    /// The value of an environment variable; nil when it is not set.
    package let environment: @Sendable (String) -> String?
    /// The bytes of a file.
    package let file: @Sendable (String) throws(SecretResolutionError.Reason) -> [UInt8]

    /// Makes a resolver from its functions.
    package init(
        environment: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (String) throws(SecretResolutionError.Reason) -> [UInt8]
    ) {
        self.environment = environment
        self.file = file
    }

    /// The environment and the files of this process.
    package static let process = SecretResolver(
        environment: { ProcessInfo.processInfo.environment[$0] },
        file: readFile
    )

    /// The secret that a text of the command line means: itself, or what `env:` or `file:` leads to.
    package func resolve(text: String, for owner: String) throws(SecretResolutionError) -> Secret {
        try resolve(SecretReference(text), for: owner)
    }

    /// The secret behind a reference.
    ///
    /// - Parameter owner: who needs it, for messages: ``source `stripe` ``.
    package func resolve(
        _ reference: SecretReference,
        for owner: String
    ) throws(SecretResolutionError) -> Secret {
        let bytes: [UInt8]
        switch reference {
        case .value(let text):
            return Secret(text.bytes)
        case .environment(let name):
            guard let value = environment(name) else {
                throw SecretResolutionError(owner: owner, place: "env:\(name)", reason: .notSet)
            }
            bytes = Array(value.utf8)
        case .file(let path):
            do {
                bytes = withoutLineBreak(try file(path))
            } catch {
                throw SecretResolutionError(owner: owner, place: "file:\(path)", reason: error)
            }
        }
        guard !bytes.isEmpty else {
            throw SecretResolutionError(owner: owner, place: place(reference), reason: .empty)
        }
        return Secret(bytes)
    }

    private func place(_ reference: SecretReference) -> String {
        switch reference {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .value: "its value"
        }
    }

    /// Drops one line break at the end, as editors and `echo` leave it.
    private func withoutLineBreak(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == 0x0A else { return bytes }
        let line = bytes.dropLast()
        return Array(line.last == 0x0D ? line.dropLast() : line)
    }
}

/// Why a secret could not be read, for whom, and what to do about it.
package struct SecretResolutionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Reason: Error, Hashable, Sendable {
        /// The environment variable is not set.
        case notSet
        /// The variable or the file holds nothing.
        case empty
        /// The file is over `SecretResolver.fileBytesMax`.
        case tooLarge
        /// The file cannot be read; the text says why.
        case unreadable(String)
    }

    /// Who needs the secret.
    package let owner: String
    /// Where it was looked for, as in the configuration.
    package let place: String
    /// What went wrong.
    package let reason: Reason

    /// A stable name for the kind of error.
    package var code: String {
        switch reason {
        case .notSet: "secret_not_set"
        case .empty: "secret_empty"
        case .tooLarge: "secret_file_too_large"
        case .unreadable: "secret_file_unreadable"
        }
    }

    package var description: String {
        let action =
            switch reason {
            case .notSet: "the variable is not set; set it in the environment of the usher process"
            case .empty: "there is nothing in it; put the secret there"
            case .tooLarge:
                "the file is larger than \(SecretResolver.fileBytesMax) bytes; is it the right one?"
            case .unreadable(let text): "\(text); make it readable for the user that runs usher"
            }
        return "\(owner) needs a secret from \(place): \(action)"
    }
}

private func readFile(_ path: String) throws(SecretResolutionError.Reason) -> [UInt8] {
    do {
        return try BoundedFile.read(path, bytesMax: SecretResolver.fileBytesMax)
    } catch {
        switch error {
        case .tooLarge: throw .tooLarge
        case .unreadable(let text): throw .unreadable(text)
        }
    }
}
