import Foundation
import Storage
import Testing
import UsherTesting

@Suite struct BackupTests {
    @Test
    func `a backup taken under writes opens and holds all that was acknowledged before it`() async throws {
        try await temporaryFolder { folder in
            let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                for id in 1...100 { try await database.insert(id, "thing \(id)") }
                let writing = Task {
                    for id in 101... {
                        try Task.checkCancellation()
                        try await database.insert(id, "thing \(id)")
                    }
                }
                try await database.backUp(to: folder + "/copy.db")
                writing.cancel()
                _ = await writing.result
            }
            let copy = DatabaseConfiguration(location: .sqlite(path: folder + "/copy.db"))
            let count = try await Database.withOpened(copy, migrations: [.things]) { database in
                let faults = try await database.findDamage()
                #expect(faults.isEmpty)
                return try await database.count()
            }
            #expect(try #require(count) >= 100)
        }
    }

    @Test
    func `a backup overwrites nothing and leaves nothing half done`() async throws {
        try await temporaryFolder { folder in
            let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            try await Database.withOpened(configuration, migrations: []) { database in
                let there = folder + "/there"
                try Data("mine".utf8).write(to: URL(fileURLWithPath: there))
                await #expect(throws: StorageError.cannotOpen("\(there) exists: name a file that does not")) {
                    try await database.backUp(to: there)
                }
                #expect(try Data(contentsOf: URL(fileURLWithPath: there)) == Data("mine".utf8))
                await #expect(throws: StorageError.self) {
                    try await database.backUp(to: folder + "/no/copy.db")
                }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(left == ["there", "usher.db"])
        }
    }
}
