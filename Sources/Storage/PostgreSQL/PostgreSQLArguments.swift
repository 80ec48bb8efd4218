/// A statement's arguments in PostgreSQL's binary format, one behind the other in one buffer.
struct PostgreSQLArguments {
    // Never empty, so that an empty text or blob has an address too: a null pointer would mean null.
    private var bytes: [UInt8] = [0]
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []

    /// Encodes the arguments.
    ///
    /// - Throws: `.constraint` for text with U+0000, which PostgreSQL cannot hold.
    init(_ values: [SQLValue]) throws(StorageError) {
        for value in values {
            guard value != .null else {
                offsets.append(nil)
                lengths.append(0)
                continue
            }
            let start = bytes.count
            offsets.append(start)
            try append(value)
            lengths.append(Int32(bytes.count - start))
        }
    }

    /// The type number an argument is prepared with; 0 for null, whose type the server tells.
    static func type(_ value: SQLValue) -> UInt32 {
        switch value {
        case .null: 0
        case .integer: PostgreSQLType.integer.rawValue
        case .real: PostgreSQLType.real.rawValue
        case .text: PostgreSQLType.text.rawValue
        case .blob: PostgreSQLType.bytes.rawValue
        case .array(.integers): PostgreSQLType.integerArray.rawValue
        case .array(.texts): PostgreSQLType.textArray.rawValue
        case .array(.blobs): PostgreSQLType.bytesArray.rawValue
        }
    }

    /// Lends the arguments as libpq takes them: pointers, lengths, and the binary format for each.
    func withPointers<T>(
        _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> T
    ) -> T {
        unsafe bytes.withUnsafeBytes { buffer in
            let values = unsafe offsets.map { offset in
                unsafe offset.flatMap { unsafe buffer.baseAddress?.advanced(by: $0) }
                    .map { unsafe $0.assumingMemoryBound(to: CChar.self) }
            }
            return unsafe body(values, lengths, Array(repeating: 1, count: lengths.count))
        }
    }

    private mutating func append(_ value: SQLValue) throws(StorageError) {
        switch value {
        case .null: break
        case .integer(let number): append(UInt64(bitPattern: number))
        case .real(let number): append(number.bitPattern)
        case .text(let text): try append(text)
        case .blob(let blob): bytes.append(contentsOf: blob)
        case .array(let array): try append(array)
        }
    }

    private mutating func append(_ text: String) throws(StorageError) {
        guard !text.utf8.contains(0) else { throw .constraint("text with U+0000 cannot be stored") }
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func append(_ array: SQLArray) throws(StorageError) {
        switch array {
        case .integers(let numbers):
            beginArray(of: .integer, count: numbers.count, hasNulls: numbers.contains(nil))
            for number in numbers { try appendElement(number.map { .integer($0) } ?? .null) }
        case .texts(let texts):
            beginArray(of: .text, count: texts.count, hasNulls: texts.contains(nil))
            for text in texts { try appendElement(text.map { .text($0) } ?? .null) }
        case .blobs(let blobs):
            beginArray(of: .bytes, count: blobs.count, hasNulls: blobs.contains(nil))
            for blob in blobs { try appendElement(blob.map { .blob($0) } ?? .null) }
        }
    }

    /// Source: `array_recv` in PostgreSQL's `arrayfuncs.c`: dimensions, null flag, element type, then length and
    /// lower bound of each dimension.
    private mutating func beginArray(of type: PostgreSQLType, count: Int, hasNulls: Bool) {
        append(UInt32(count == 0 ? 0 : 1))
        append(UInt32(hasNulls ? 1 : 0))
        append(type.rawValue)
        guard count > 0 else { return }
        append(UInt32(count))
        append(UInt32(1))
    }

    private mutating func appendElement(_ value: SQLValue) throws(StorageError) {
        guard value != .null else { return append(UInt32.max) }  // A length of -1.
        let place = bytes.count
        append(UInt32(0))
        try append(value)
        let length = UInt32(bytes.count - place - 4)
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
}
