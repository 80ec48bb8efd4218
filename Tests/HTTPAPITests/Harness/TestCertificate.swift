import Foundation
import HTTPAPI
import UsherTesting

/// A self-signed certificate for localhost and its key, made for these tests and trusted by nobody.
enum TestCertificate {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUd/MUUnz6l8mUyCwfD+ghNyzvX54wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA4MTIxMVoYDzIxMjYxMDMw
        MDgxMjExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQQibeOAS0bXta03Le0SECQhABjA69HdWpjmG+GePCP5bSkPIhA4Quw
        fiiZRnUD00B/hmmAO4CTi3X+jS2RbPiCo28wbTAdBgNVHQ4EFgQUS4WkQqWD55Cs
        xcnJVG0U9I9AYvgwHwYDVR0jBBgwFoAUS4WkQqWD55CsxcnJVG0U9I9AYvgwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIgIZr78RjLjQHbfhKbF4cYixO7NXlNP/215kHftSXhp+cCIQDR
        nVT03F7WpAT67ZQ7JvLVZ+U5gfGrziTjCZQCZusgog==
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDNeHTpgpQBONVx4o
        emhjPt4jTiHOuFDyxPxVbyKxk42hRANCAAQQibeOAS0bXta03Le0SECQhABjA69H
        dWpjmG+GePCP5bSkPIhA4QuwfiiZRnUD00B/hmmAO4CTi3X+jS2RbPiC
        -----END PRIVATE KEY-----
        """

    /// Runs `body` with both in files.
    static func withFiles(_ body: (TLSSettings) async throws -> Void) async throws {
        try await temporaryFolder { folder in
            let settings = TLSSettings(
                certificatePath: folder + "/certificate.pem",
                keyPath: folder + "/key.pem"
            )
            try Data(certificate.utf8).write(to: URL(fileURLWithPath: settings.certificatePath))
            try Data(key.utf8).write(to: URL(fileURLWithPath: settings.keyPath))
            try await body(settings)
        }
    }
}
