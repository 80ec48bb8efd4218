/// What keeps the vault from opening, sealing or unsealing.
package enum VaultError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A root key's text is damaged.
    case rootKeyText(RootKeyTextProblem)
    /// The root key file cannot be used as it is.
    case rootKeyFile(path: String, RootKeyFileProblem)
    /// The database was sealed under another root key. Both are key ids, in hexadecimal.
    case wrongRootKey(expected: String, found: String)
    /// There is no root key file, but the database was sealed under a root key: its id, in hexadecimal.
    case rootKeyMissing(path: String, expected: String)
    /// Keys were made in this database and none is left.
    case keyringMissing
    /// One stored key does not open, though the root key is the right one. Names table and row.
    case keyDamaged(row: String)
    /// The record names a key that this vault does not have.
    case unknownKey
    /// The record was changed, or belongs to another row, column, table, tenant or version.
    case notAuthentic
    /// The bytes are not a sealed record.
    case malformed
    /// The plaintext is longer than a record may hold (16 MiB).
    case tooLarge
    /// The payload key has sealed as often as it was allowed to: fetch it again.
    case keyExhausted
    /// Too many callers wait for the same payload key.
    case overloaded

    /// A bounded name for metrics and problem documents.
    package var code: String {
        switch self {
        case .rootKeyText: "root_key_text"
        case .rootKeyFile: "root_key_file"
        case .wrongRootKey: "wrong_root_key"
        case .rootKeyMissing: "root_key_missing"
        case .keyringMissing: "keyring_missing"
        case .keyDamaged: "key_damaged"
        case .overloaded: "vault_overloaded"
        case .unknownKey: "unknown_key"
        case .notAuthentic: "not_authentic"
        case .malformed: "malformed_record"
        case .tooLarge: "record_too_large"
        case .keyExhausted: "key_exhausted"
        }
    }

    /// Whether the same call may succeed when made again.
    package var isRetryable: Bool { self == .keyExhausted || self == .overloaded }

    package var description: String {
        switch self {
        case .rootKeyText(let problem): "the root key is damaged: \(problem.description)"
        case .rootKeyFile(let path, let problem): "the root key file \(path) \(problem.description)"
        case .wrongRootKey(let expected, let found):
            """
            the database is sealed under the root key with id \(expected), but the configured root key has id \
            \(found); point `root_key` at the key that was in use when this database was made (look in your \
            backups), or at another database. Nothing was changed
            """
        case .rootKeyMissing(let path, let expected):
            """
            there is no root key file at \(path), but the database is sealed under the root key with id \(expected); \
            restore that file from your backup, or point `root_key` at it. No new key was made: it could not open \
            what is there
            """
        case .keyringMissing:
            """
            the database holds sealed values but its keyring is empty; restore the `keyring` table, or the whole \
            database, from a backup. A new keyring could not open what is there, so none was made
            """
        case .keyDamaged(let row):
            """
            the stored key \(row) does not open under the right root key: it was damaged or changed; restore its \
            table from a backup. Nothing was changed
            """
        case .unknownKey: "the record is sealed under a key that this vault does not have"
        case .notAuthentic: "the record was changed, or was moved here from another place"
        case .malformed: "the bytes are not a sealed record"
        case .tooLarge: "the value is longer than the 16 MiB that one sealed record holds"
        case .keyExhausted: "the payload key has been used as often as was reserved"
        case .overloaded: "too many callers wait for the same payload key"
        }
    }
}

/// What is wrong with the text of a root key.
package enum RootKeyTextProblem: Hashable, Sendable, CustomStringConvertible {
    /// There is nothing.
    case empty
    /// A space, a line break or a control character stands in it.
    case whiteSpace
    /// It does not begin with `ushrk1_`.
    case prefix
    /// It is shorter than a key: cut off. The number of characters found.
    case truncated(Int)
    /// It is longer than a key. The number of characters found.
    case tooLong(Int)
    /// A character is not one a key may have there.
    case characters
    /// The last eight characters do not fit the others.
    case checksum

    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .whiteSpace:
            "it holds a space, a line break or a control character; it must be one unbroken line"
        case .prefix: "it does not begin with \(RootKey.prefix)"
        case .truncated(let count): "it has \(count) of \(RootKey.textLength) characters; the end is missing"
        case .tooLong(let count): "it has \(count) characters where a key has \(RootKey.textLength)"
        case .characters: "it holds a character that no key has at that place"
        case .checksum: "its checksum does not fit; a character was changed when it was copied"
        }
    }
}

/// What is wrong with the file of a root key.
package enum RootKeyFileProblem: Hashable, Sendable, CustomStringConvertible {
    /// It is a symbolic link.
    case symbolicLink
    /// It is a folder, a pipe, a socket or a device.
    case notRegular
    /// Group or others may read or write it. The permission bits.
    case permissions(UInt32)
    /// It belongs to a user who is neither this process's nor root. That user's id.
    case owner(UInt32)
    /// Its text is no key.
    case text(RootKeyTextProblem)
    /// The system refused an operation: its name and the error number.
    case system(String, Int32)

    package var description: String {
        switch self {
        case .symbolicLink: "is a symbolic link; name the file itself"
        case .notRegular: "is not a regular file"
        case .permissions(let mode):
            "may be used by group or others (mode 0\(String(mode, radix: 8))); run: chmod 600 on it"
        case .owner(let user): "belongs to user \(user); it must belong to the user who runs usher"
        case .text(let problem): "is damaged: \(problem.description); restore it from your backup"
        case .system(let operation, let code): "cannot be used: \(operation) failed with error \(code)"
        }
    }
}
