/// Certificates for tests, valid from 2024 to 2124 and trusted by nobody else.
///
/// `authority` signed `trusted`; `selfSigned` has the same name and key. Made with P-256 keys; the authority's key was
/// thrown away.
enum Certificates {
    /// An authority of our own.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBQTCB6KADAgECAgEBMAoGCCqGSM49BAMCMB8xHTAbBgNVBAMMFFVzaGVyIHRl
        c3QgYXV0aG9yaXR5MCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAwWjAf
        MR0wGwYDVQQDDBRVc2hlciB0ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABJm5GHQNjFjK+hhulZ81ILKPU1oxMzsgmYdrh4NzD829yaaVzq6O
        IyEYrR0EUkfn+p8ohqVHY7oBXOqHvsJ//+ijEzARMA8GA1UdEwEB/wQFMAMBAf8w
        CgYIKoZIzj0EAwIDSAAwRQIgLDnEreuiViC7pWAB+03N7MHtb7RJoU8tfjuwWWLQ
        MfsCIQCL9MzSNo346LetJFv4O9n2d5CFCNAEPzhY+oWEgaUbhw==
        -----END CERTIFICATE-----
        """
    /// For `hooks.example.com`, signed by `authority`.
    static let trusted = """
        -----BEGIN CERTIFICATE-----
        MIIBWzCCAQCgAwIBAgIBAjAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRVc2hlciB0
        ZXN0IGF1dGhvcml0eTAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAwMFow
        HDEaMBgGA1UEAwwRaG9va3MuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATBT3oBxOqXqDKcMagKBEnUeg+toj0PMgeGaGHCCnU/si+v0egJE/9O
        NddDO4CnI7hFTJS0qo+OkpHDjyYBFnz4oy4wLDAMBgNVHRMBAf8EAjAAMBwGA1Ud
        EQQVMBOCEWhvb2tzLmV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0kAMEYCIQDwpOlM
        83bEphcF5h/rY77kyAeWLRf9LapS/80gnaQriAIhAI3rJ8jTPcIjX9mJrSUfR/9d
        9aOakTZzmU95CHyn4pFc
        -----END CERTIFICATE-----
        """
    /// For `hooks.example.com`, signed by itself.
    static let selfSigned = """
        -----BEGIN CERTIFICATE-----
        MIIBVzCB/aADAgECAgEDMAoGCCqGSM49BAMCMBwxGjAYBgNVBAMMEWhvb2tzLmV4
        YW1wbGUuY29tMCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAwWjAcMRow
        GAYDVQQDDBFob29rcy5leGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEH
        A0IABMFPegHE6peoMpwxqAoESdR6D62iPQ8yB4ZoYcIKdT+yL6/R6AkT/04110M7
        gKcjuEVMlLSqj46SkcOPJgEWfPijLjAsMAwGA1UdEwEB/wQCMAAwHAYDVR0RBBUw
        E4IRaG9va3MuZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSQAwRgIhANwE4+fHUl4g
        5D4pI4jR8TyDFPP90sbJhPRo3MsBu0dVAiEA0fVsERHB8ayYtqt0d1cwyzUMyd8R
        lJq+UKS8Uy2/i0k=
        -----END CERTIFICATE-----
        """
    /// The private key of `trusted` and `selfSigned`: of no use outside these tests.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFTot8qf9j6D5a9ap
        wxviAKchsfSZYG/o0geAka6t8xOhRANCAATBT3oBxOqXqDKcMagKBEnUeg+toj0P
        MgeGaGHCCnU/si+v0egJE/9ONddDO4CnI7hFTJS0qo+OkpHDjyYBFnz4
        -----END PRIVATE KEY-----
        """
}
