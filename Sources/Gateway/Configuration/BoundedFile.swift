import Foundation

/// Reads small files whole, and refuses large ones before they are in memory.
enum BoundedFile {
    /// Why a file was not read.
    enum ReadError: Error {
        case tooLarge
        case unreadable(reason: String)
    }

    /// The bytes of a file, or of standard input for `-`.
    static func read(_ path: String, bytesMax: Int) throws(ReadError) -> [UInt8] {
        do {
            let handle: FileHandle
            if path == "-" {
                handle = .standardInput
            } else {
                handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            }
            var bytes: [UInt8] = []
            while bytes.count <= bytesMax {
                guard let part = try handle.read(upToCount: bytesMax + 1 - bytes.count), !part.isEmpty else {
                    return bytes
                }
                bytes += part
            }
        } catch {
            throw .unreadable(reason: reason(error))
        }
        throw .tooLarge
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
        case .fileReadNoPermission: "this user may not read it"
        default: error.localizedDescription
        }
    }
}
