import Domain
import Foundation
import Gateway
import Registry
import Testing

private let resolver = SecretResolver(
    environment: { ["SET": "from the environment", "BLANK": ""][$0] },
    file: { path throws(SecretResolutionError.Reason) in
        switch path {
        case "secret": Array("from a file\n".utf8)
        case "windows": Array("from a file\r\n".utf8)
        case "two": Array("a line\n\n".utf8)
        case "blank": Array("\n".utf8)
        default: throw .unreadable("there is no such file")
        }
    }
)

private func resolved(_ text: String) throws -> String {
    let secret = try resolver.resolve(SecretReference(text), for: "source `stripe`")
    return String(decoding: secret.bytes, as: UTF8.self)
}

@Suite struct ConfigurationSecretTests {
    @Test(arguments: [
        ("env:SET", "from the environment"), ("file:secret", "from a file"), ("file:windows", "from a file"),
        ("file:two", "a line\n"), ("the value itself", "the value itself"),
    ])
    func `a secret is read from where its reference says`(reference: String, value: String) throws {
        #expect(try resolved(reference) == value)
    }

    @Test(arguments: [
        (
            "env:UNSET",
            "source `stripe` needs a secret from env:UNSET: the variable is not set; set it in the environment of "
                + "the usher process"
        ),
        (
            "env:BLANK",
            "source `stripe` needs a secret from env:BLANK: there is nothing in it; put the secret there"
        ),
        (
            "file:blank",
            "source `stripe` needs a secret from file:blank: there is nothing in it; put the secret there"
        ),
        (
            "file:gone",
            "source `stripe` needs a secret from file:gone: there is no such file; make it readable for the user "
                + "that runs usher"
        ),
    ])
    func `a secret that is not there is asked for by name`(reference: String, message: String) {
        let error = #expect(throws: SecretResolutionError.self) { try resolved(reference) }
        #expect(error?.description == message)
    }

    @Test func `files are read up to their limit`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "secret").path
        let most = Data(repeating: 0x61, count: SecretResolver.fileBytesMax)
        try most.write(to: URL(filePath: path))
        #expect(try SecretResolver.process.resolve(.file(path), for: "it").bytes.count == most.count)
        try (most + [0x61]).write(to: URL(filePath: path))
        let large = #expect(throws: SecretResolutionError.self) {
            try SecretResolver.process.resolve(.file(path), for: "it")
        }
        #expect(large?.reason == .tooLarge)
        let gone = #expect(throws: SecretResolutionError.self) {
            try SecretResolver.process.resolve(.file(path + "-gone"), for: "it")
        }
        #expect(gone?.reason == .unreadable("there is no such file"))
    }

    @Test func `a configuration file that is not there or not text is named`() throws {
        let rules = DefinitionRules(source: { _ in [] }, destination: { _ in [] })
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let gone = #expect(throws: ConfigurationError.self) { try Configuration.load(path, rules: rules) }
        #expect(gone?.description == "cannot read \(path): there is no such file")
        try Data([0x61, 0xFF]).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let binary = #expect(throws: ConfigurationError.self) { try Configuration.load(path, rules: rules) }
        #expect(binary?.description == "cannot read \(path): it is not UTF-8 text")
    }
}
