import Domain
import Foundation
import Testing
import UsherTesting
import Vault

@Suite struct RootKeyFileTests {
    @Test func `is made once, complete, for the owner only`() async throws {
        try await temporaryFolder { folder in
            let path = folder + "/new/deeper/root.key"
            let first = try RootKeyFile.loadOrCreate(path, random: .seeded(1))
            let second = try RootKeyFile.loadOrCreate(path, random: .seeded(2))
            #expect(first.created && !second.created)
            #expect(first.rootKey.text == second.rootKey.text)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == first.rootKey.text + "\n")
            #expect(try mode(path) == 0o600)
            #expect(try mode(folder + "/new/deeper") == 0o700)
            #expect(try mode(folder + "/new") == 0o700)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder + "/new/deeper") == ["root.key"]
            )
        }
    }

    @Test func `gives all who create at once the same key`() async throws {
        try await temporaryFolder { folder in
            let path = folder + "/root.key"
            let results = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
                for seed in 0..<16 {
                    group.addTask {
                        let (key, created) = try RootKeyFile.loadOrCreate(path, random: .seeded(UInt64(seed)))
                        return (key.text, created)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(results.map(\.0)).count == 1)
            #expect(results.count { $0.1 } == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["root.key"])
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
    func `is refused when group or others may use it`(bits: Int) async throws {
        try await temporaryFolder { folder in
            let path = folder + "/root.key"
            _ = try RootKeyFile.loadOrCreate(path, random: .seeded(1))
            try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: path)
            #expect(throws: VaultError.rootKeyFile(path: path, .permissions(UInt32(bits)))) {
                try RootKeyFile.loadOrCreate(path, random: .seeded(2))
            }
        }
    }

    @Test(arguments: [0o600, 0o400])
    func `is read with the rights an owner may give`(bits: Int) async throws {
        try await temporaryFolder { folder in
            let path = folder + "/root.key"
            let made = try RootKeyFile.loadOrCreate(path, random: .seeded(1)).rootKey
            try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: path)
            #expect(try RootKeyFile.load(path)?.text == made.text)
        }
    }

    @Test func `is refused as a symbolic link, also a dangling one`() async throws {
        try await temporaryFolder { folder in
            _ = try RootKeyFile.loadOrCreate(folder + "/real.key", random: .seeded(1))
            for target in ["/real.key", "/nowhere"] {
                let path = folder + "/link\(target.dropFirst())"
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder + target)
                #expect(throws: VaultError.rootKeyFile(path: path, .symbolicLink)) {
                    try RootKeyFile.loadOrCreate(path, random: .seeded(2))
                }
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/nowhere"))
        }
    }

    @Test func `is refused as a folder or a pipe, without waiting for a writer`() async throws {
        try await temporaryFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/folder",
                withIntermediateDirectories: false
            )
            #expect(unsafe mkfifo(folder + "/pipe", 0o600) == 0)
            for path in [folder + "/folder", folder + "/pipe"] {
                #expect(throws: VaultError.rootKeyFile(path: path, .notRegular)) {
                    try RootKeyFile.loadOrCreate(path, random: .seeded(1))
                }
            }
        }
    }

    @Test func `says what is wrong with its text`() async throws {
        let good = RootKey.generate(random: .seeded(1)).text
        let cases: [(String, RootKeyTextProblem)] = [
            ("", .empty), ("\n", .empty), (good + "\n\n", .whiteSpace), (good + "\r\n", .whiteSpace),
            (String(good.dropLast(9)), .truncated(50)), ("hello\n", .prefix),
            (String(repeating: "x", count: 5_000), .prefix), (good + good, .tooLong(118)),
        ]
        for (text, problem) in cases {
            try await temporaryFolder { folder in
                let path = folder + "/root.key"
                try write(text, path)
                #expect(throws: VaultError.rootKeyFile(path: path, .text(problem))) {
                    try RootKeyFile.loadOrCreate(path, random: .seeded(2))
                }
                #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "a damaged key is kept")
            }
        }
    }

    @Test func `is read without a line break at its end`() async throws {
        try await temporaryFolder { folder in
            let key = RootKey.generate(random: .seeded(1))
            try write(key.text, folder + "/root.key")
            #expect(try RootKeyFile.load(folder + "/root.key")?.text == key.text)
        }
    }

    @Test func `is nothing when there is nothing`() async throws {
        try await temporaryFolder { folder in
            let key = try RootKeyFile.load(folder + "/root.key")
            #expect(key == nil)
        }
    }

    @Test func `names the operation the system refuses`() async throws {
        try await temporaryFolder { folder in
            try write("", folder + "/file")
            let path = folder + "/file/root.key"
            #expect(throws: VaultError.rootKeyFile(path: path, .system("open", ENOTDIR))) {
                try RootKeyFile.loadOrCreate(path, random: .seeded(1))
            }
        }
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
