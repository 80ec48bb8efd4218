import Domain
import Testing

@Suite struct CRC32Tests {
    // The check values of the catalogue of parametrised CRC algorithms (CRC-32/ISO-HDLC) and of zlib.crc32.
    @Test func `gives the published values`() {
        #expect(CRC32.checksum(Array("123456789".utf8)[...]) == 0xCBF4_3926)
        #expect(CRC32.checksum([]) == 0)
        #expect(CRC32.checksum(Array("The quick brown fox jumps over the lazy dog".utf8)[...]) == 0x414F_A339)
    }

    @Test func `changes with every bit`() {
        let bytes = Array("ushk_".utf8)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(CRC32.checksum(changed[...]) != CRC32.checksum(bytes[...]))
        }
    }
}

@Suite struct Base62Tests {
    // Computed with Python's int.from_bytes and divmod.
    @Test func `writes a big-endian number with a fixed count of digits`() {
        #expect(
            Base62.encode([UInt8](repeating: 0xFF, count: 32), digits: 43)
                == "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"
        )
        #expect(
            Base62.encode([UInt8](repeating: 0, count: 32), digits: 43) == String(repeating: "0", count: 43)
        )
        #expect(Base62.encode([0xFF, 0xFF, 0xFF, 0xFF], digits: 6) == "4gfFC3")
        #expect(Base62.encode([0x00, 0x3E], digits: 2) == "10")
        #expect(Base62.encode([0x3D], digits: 1) == "z")
        #expect(Base62.encode([], digits: 2) == "00")
    }

    @Test func `knows its digits`() {
        let digits = (UInt8.min...UInt8.max).filter(Base62.isDigit)
        #expect(
            String(decoding: digits, as: UTF8.self)
                == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        )
    }

    @Test func `traps rather than drop digits`() async {
        await #expect(processExitsWith: .failure) { _ = Base62.encode([0x3E], digits: 1) }
    }
}

@Suite struct LengthPrefixTests {
    @Test func `writes the length and then the field`() {
        var bytes: [UInt8] = []
        bytes.appendPrefixed("ab")
        bytes.appendPrefixed([] as [UInt8])
        bytes.appendPrefixed([9] as [UInt8])
        bytes.append(bigEndian: UInt64(0x0102_0304_0506_0708))
        #expect(bytes == [0, 0, 0, 2, 0x61, 0x62, 0, 0, 0, 0, 0, 0, 0, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8])
    }
}
