import Foundation

/// Runs `body` with the path of a fresh folder, and removes the folder afterwards with all that is in it.
@discardableResult
package func temporaryFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "usher-test-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(
        at: folder,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
    )
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}
