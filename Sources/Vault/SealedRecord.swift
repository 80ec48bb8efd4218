import Crypto
import Domain
import FoundationEssentials

/// A key that seals records: which one it is (fingerprint and version) and the key itself.
struct RecordKey: Sendable {
    let fingerprint: KeyFingerprint
    let version: UInt32
    let key: SymmetricKey

    init(_ key: SymmetricKey, version: UInt32) {
        fingerprint = KeyFingerprint(of: key)
        self.version = version
        self.key = key
    }
}

/// The format `USE1` of every sealed secret and every wrapped key (security design, section 2.2).
///
///     magic "USE1" | suite 1 | flags 0 | fingerprint 16 | version u32be | salt 32 | commitment 32 | ciphertext | tag 16
///
/// A fresh salt gives each record its own AES-256-GCM key and nonce by HKDF-SHA-512, so no nonce is ever used
/// twice; the commitment, derived beside them, ties the record to one key (GCM alone does not); the context is
/// associated data. About 13 µs for 1 KiB: for secrets and keys. Payloads use `PayloadKey`.
struct SealedRecord {
    /// The largest plaintext, in bytes.
    static let plaintextBytesMax = 16 << 20
    /// What a record is longer than its plaintext.
    static let overhead = headerLength + tagLength

    static let saltLength = 32
    private static let magic = Array("USE1".utf8)
    private static let suite: UInt8 = 1
    private static let commitmentLength = 32
    private static let tagLength = 16
    private static let keyFieldsLength = magic.count + 2 + KeyFingerprint.byteCount + 4
    private static let headerLength = keyFieldsLength + saltLength + commitmentLength

    /// The fingerprint of the key that sealed the record.
    let fingerprint: KeyFingerprint
    /// The version of that key.
    let keyVersion: UInt32
    private let bytes: [UInt8]

    /// Takes the fields apart: checks length, magic, suite and flags before anything is cut.
    init(_ bytes: [UInt8]) throws(VaultError) {
        guard bytes.count >= Self.overhead, bytes.count - Self.overhead <= Self.plaintextBytesMax,
            bytes.starts(with: Self.magic), bytes[4] == Self.suite, bytes[5] == 0
        else { throw .malformed }
        self.bytes = bytes
        fingerprint = KeyFingerprint(field: bytes[6..<22])
        keyVersion = bytes[22..<26].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Seals `plaintext` under `key` with a salt of 32 fresh random bytes.
    static func seal(
        _ plaintext: [UInt8],
        key: RecordKey,
        context: SealContext,
        salt: [UInt8]
    ) throws(VaultError) -> [UInt8] {
        precondition(salt.count == saltLength, "a salt has 32 bytes")
        guard plaintext.count <= plaintextBytesMax else { throw .tooLarge }
        var record = magic
        record.reserveCapacity(overhead + plaintext.count)
        record.append(suite)
        record.append(0)
        record.append(contentsOf: key.fingerprint.bytes)
        record.append(bigEndian: key.version)
        record.append(contentsOf: salt)
        let derived = DerivedKeys(key, salt: salt)
        record.append(contentsOf: derived.commitment.copiedBytes)
        let associated = context.associatedData(format: magic, header: record[...])
        do {
            let nonce = try AES.GCM.Nonce(data: derived.nonce.copiedBytes)
            let box = try AES.GCM.seal(
                plaintext,
                using: derived.key,
                nonce: nonce,
                authenticating: associated
            )
            record.append(contentsOf: box.ciphertext)
            record.append(contentsOf: box.tag)
        } catch {
            preconditionFailure("AES-256-GCM refuses a 32-byte key and a 12-byte nonce: \(error)")
        }
        return record
    }

    /// Opens the record with the key it names.
    func open(key: RecordKey, context: SealContext) throws(VaultError) -> [UInt8] {
        guard key.fingerprint == fingerprint, key.version == keyVersion else { throw .unknownKey }
        let saltEnd = Self.keyFieldsLength + Self.saltLength
        let derived = DerivedKeys(key, salt: Array(bytes[Self.keyFieldsLength..<saltEnd]))
        // `SymmetricKey` compares in constant time.
        let commitment = SymmetricKey(data: Array(bytes[saltEnd..<Self.headerLength]))
        guard commitment == derived.commitment else { throw .notAuthentic }
        let associated = context.associatedData(format: Self.magic, header: bytes[..<Self.headerLength])
        do {
            let nonce = try AES.GCM.Nonce(data: derived.nonce.copiedBytes)
            let box = try AES.GCM.SealedBox(
                nonce: nonce,
                ciphertext: bytes[Self.headerLength..<(bytes.count - Self.tagLength)],
                tag: bytes.suffix(Self.tagLength)
            )
            return Array(try AES.GCM.open(box, using: derived.key, authenticating: associated))
        } catch {
            throw .notAuthentic
        }
    }
}

/// What one record derives from its key and its salt.
private struct DerivedKeys {
    let key: SymmetricKey
    let nonce: SymmetricKey
    let commitment: SymmetricKey

    init(_ recordKey: RecordKey, salt: [UInt8]) {
        let extracted = HKDF<SHA512>.extract(inputKeyMaterial: recordKey.key, salt: salt)
        func expand(_ label: String, _ byteCount: Int) -> SymmetricKey {
            var info = Array(label.utf8)
            info.append(1)
            info.append(contentsOf: recordKey.fingerprint.bytes)
            info.append(bigEndian: recordKey.version)
            return HKDF<SHA512>.expand(pseudoRandomKey: extracted, info: info, outputByteCount: byteCount)
        }
        key = expand("use1/key|", 32)
        nonce = expand("use1/nonce|", 12)
        commitment = expand("use1/commit|", 32)
    }
}

extension SymmetricKey {
    /// The bytes, in an array that is not cleared when it goes: for what is not secret by itself (commitments,
    /// nonces) or is about to be shown.
    var copiedBytes: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
