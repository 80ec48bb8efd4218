/// Whether providers can reach the server safely at its public URL.
package enum PublicURLCheck {
    /// What the configured URL means.
    package static func finding(_ publicURL: String, endsTLS: Bool) -> Finding {
        let check = "public-url"
        guard let address = try? ControlAddress(publicURL) else {
            return .problem(
                check,
                "\(publicURL) is not a URL",
                mend: "write for example https://hooks.example.com"
            )
        }
        if address.isLoopback {
            return .warning(
                check,
                "\(publicURL) is this machine: providers cannot reach it",
                mend:
                    "set `public_url` to the address you enter at the providers; for trying things out it is fine"
            )
        }
        guard address.isEncrypted else {
            return .warning(
                check,
                "\(publicURL) is not encrypted: anybody between can read the webhooks",
                mend: endsTLS
                    ? "write https:// in `public_url`"
                    : "set `tls:` or put a proxy with TLS before it, and write https:// in `public_url`"
            )
        }
        return .ok(check, "\(publicURL) is encrypted")
    }
}
