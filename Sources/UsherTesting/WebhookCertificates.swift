/// Certificates as PayPal and SNS sign webhooks with, valid from 2024 to 2124 and trusted by nobody else.
///
/// `authority` signed both; its key was thrown away. Both have the key `key`.
package enum WebhookCertificates {
    /// An authority of our own.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBcDCCARegAwIBAgIBAjAKBggqhkjOPQQDAjAnMSUwIwYDVQQDDBxVc2hlciB0
        ZXN0IHdlYmhvb2sgYXV0aG9yaXR5MCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAx
        MDAwMDAwWjAnMSUwIwYDVQQDDBxVc2hlciB0ZXN0IHdlYmhvb2sgYXV0aG9yaXR5
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcBQsZFSCBocgDTVhYDmn8adftdXs
        5OA4Sa+YkWT9wWmC/dQSgFbbDRlZcZpmHFKHlGZjDngYFq5MZLkK0vw9aqMyMDAw
        DwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUjjt0nLBUwMZ9oR4oQ51DCF0I29Aw
        CgYIKoZIzj0EAwIDRwAwRAIgfNNyn1W3+6r6awMy1mfuoramyQGzFuqjNvj4YxoU
        uioCIC5MEq0algSSXyNjxYQTY9ssgXNtDfg9+ayrSRTJ9Z8W
        -----END CERTIFICATE-----
        """
    /// Made out to PayPal's `messageverificationcerts.paypal.com`.
    package static let payPal = """
        -----BEGIN CERTIFICATE-----
        MIICjzCCAjSgAwIBAgIBAzAKBggqhkjOPQQDAjAnMSUwIwYDVQQDDBxVc2hlciB0
        ZXN0IHdlYmhvb2sgYXV0aG9yaXR5MCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAx
        MDAwMDAwWjAuMSwwKgYDVQQDDCNtZXNzYWdldmVyaWZpY2F0aW9uY2VydHMucGF5
        cGFsLmNvbTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAM8N9o1WHM+5
        0vVjnOrPaSD4xGbM4k3UuwUZKr8ZaObt7jKbtVnhQm22KOE4fxJdQTixX2L6iMg0
        DmYd8BmK+XiuLbf/LbqgM/ozv16ND2wOMPZMYu5Rw8kQDN0Jko0ZnMwUcmHlE4xA
        bz2YMwxTxyPeI9n2D25SsyAZUor0oviGfU6K930d5yRPfyWFRpI28buxCTzPONo6
        wkFbwf7oBPhTukUCINr5rzojik3H+Zei9mSKHmhfm9dUlz4vcDaEIua0OOL5AfWg
        TNDS65KJS+zdwLyq30AYCEtHU3rfsgeMoBGHkP+/FBvGnfem27sx3QKghv9iySpy
        Ez11mhmdtk8CAwEAAaN9MHswCQYDVR0TBAIwADAuBgNVHREEJzAlgiNtZXNzYWdl
        dmVyaWZpY2F0aW9uY2VydHMucGF5cGFsLmNvbTAdBgNVHQ4EFgQU1lUIM5x/etRO
        /7fAIQjvKDOQAq0wHwYDVR0jBBgwFoAUjjt0nLBUwMZ9oR4oQ51DCF0I29AwCgYI
        KoZIzj0EAwIDSQAwRgIhAKl6PHoV3ToxX1VmyjNUilrlsAQ3ZXfSmbHUkPezOoyn
        AiEA40iQh82cDjpiYKYbmX4Fvm4pJjrlGYYzPqmN58lfRuU=
        -----END CERTIFICATE-----
        """
    /// Made out to `sns.amazonaws.com`.
    package static let sns = """
        -----BEGIN CERTIFICATE-----
        MIICaTCCAhCgAwIBAgIBBDAKBggqhkjOPQQDAjAnMSUwIwYDVQQDDBxVc2hlciB0
        ZXN0IHdlYmhvb2sgYXV0aG9yaXR5MCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAx
        MDAwMDAwWjAcMRowGAYDVQQDDBFzbnMuYW1hem9uYXdzLmNvbTCCASIwDQYJKoZI
        hvcNAQEBBQADggEPADCCAQoCggEBAM8N9o1WHM+50vVjnOrPaSD4xGbM4k3UuwUZ
        Kr8ZaObt7jKbtVnhQm22KOE4fxJdQTixX2L6iMg0DmYd8BmK+XiuLbf/LbqgM/oz
        v16ND2wOMPZMYu5Rw8kQDN0Jko0ZnMwUcmHlE4xAbz2YMwxTxyPeI9n2D25SsyAZ
        Uor0oviGfU6K930d5yRPfyWFRpI28buxCTzPONo6wkFbwf7oBPhTukUCINr5rzoj
        ik3H+Zei9mSKHmhfm9dUlz4vcDaEIua0OOL5AfWgTNDS65KJS+zdwLyq30AYCEtH
        U3rfsgeMoBGHkP+/FBvGnfem27sx3QKghv9iySpyEz11mhmdtk8CAwEAAaNrMGkw
        CQYDVR0TBAIwADAcBgNVHREEFTATghFzbnMuYW1hem9uYXdzLmNvbTAdBgNVHQ4E
        FgQU1lUIM5x/etRO/7fAIQjvKDOQAq0wHwYDVR0jBBgwFoAUjjt0nLBUwMZ9oR4o
        Q51DCF0I29AwCgYIKoZIzj0EAwIDRwAwRAIgI/NpvHBylduDGQPMaFQQg71+nXje
        jBmLJMQKLchbZq4CIDdNcPi1qQYO/D6jFQgEyssZUdujW1FLlo863LteZnew
        -----END CERTIFICATE-----
        """
    /// The private key of both: of no use outside tests.
    package static let key = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDPDfaNVhzPudL1
        Y5zqz2kg+MRmzOJN1LsFGSq/GWjm7e4ym7VZ4UJttijhOH8SXUE4sV9i+ojINA5m
        HfAZivl4ri23/y26oDP6M79ejQ9sDjD2TGLuUcPJEAzdCZKNGZzMFHJh5ROMQG89
        mDMMU8cj3iPZ9g9uUrMgGVKK9KL4hn1Oivd9HeckT38lhUaSNvG7sQk8zzjaOsJB
        W8H+6AT4U7pFAiDa+a86I4pNx/mXovZkih5oX5vXVJc+L3A2hCLmtDji+QH1oEzQ
        0uuSiUvs3cC8qt9AGAhLR1N637IHjKARh5D/vxQbxp33ptu7Md0CoIb/YskqchM9
        dZoZnbZPAgMBAAECggEACqBhVHykaubTFGQB5C0z7IzH66y9Ophd5tOVVYx0zVFN
        xcwnAQ9mDOJp87EmGGev1ryHtDk+duPxDz2fGnh++DocP5K5opfhQwiP3EbqETYj
        PijKdQe+QB3yQw/gNRyo5vJvsmWC3NJbwzICALJ2CHm4plGSFivpZI7YJSiMCqwo
        pfQIFaL1KU/yBRK06uzK/nm+XIK1vsfiPhJJKJo4nxsO9gKCb64qeQUZTFDnBVzb
        lvg0y3FDqfwuGMppVRMKH9BZsJU4A9R5KYQ1IQZFl237fYXbXuVNxygaFxcDSVlG
        ROSa9ofUNzqh/hOwUVONphtCcSLhjl0oAeNRfwn9aQKBgQD3QxAupDTmZKATjtPm
        TntFhwzO4B4d3Xnbu1Ykp2kBJz2iSHU8wnQn6XQVaarcbe+jx9+QKSUzUr/FivR/
        0Uap3sNj2Wx78VcA+WIVS5gTBSBCnJadBAUz3FbK31pRbZXnRZtG3F/bjTmG3bWm
        z0RjMdooOdUPvkf+zLfdsIQzCQKBgQDWXyZzUtZLgemyN+rNeWAd+K+UuYrDkwZ2
        3y8dor3AZTkZiqb2k4wtOTMa0ehrWNKR6V0hZYuv2miXoSc3hb/WDNBVGXaO14io
        z+pp4IrOS9If+bFSgNOk8Wc/kHBhTAVwvpz0Y3kxs9GwB+Pbc6TKoinrglxjvaAP
        3s+rQiG8lwKBgQDUwlgCSjlapes36QZcfduEkBhtSlufxxs7/464K3UnEOTv5vk6
        NvhL/41rf2kOE2rIuwubuEvSRbnN+Ss5cJIlSRFHsaavX5NFu1CykkFg3GBN8P+I
        TBVN8qKcHmRQ/MKoJjTeXHH/MR329n9/8Yke8Z6OTnUO/uRkUzNDBsg6QQKBgF4b
        UyPZP53SICdOiNM+70T5AQtHEHWeu32/qE1YPfiR9ykRRw6D40uPCrJBZ8iIK5hG
        W83naBUAyl2WL0MeggKTiXlyPiuizqlc7Mkh+41ol4vV71QKnd6Q4wRyggMUfmbq
        JrjaWj/JcsnWDN8vuy4BVmm+xpQ6kGOnKn9B/tFtAoGBANHs0KQXjUg07Z43tvgi
        YDyBEQv1jVwxYSt/JfckAVlAqdur4IwNbqiQ43HIi2J36WKLQjPtg83yVdKvj2cy
        r38vDpuCAzHsmknAfXjwtV0b6moB+XfTFlJArnZ5gzzX7VWFZgxOjbCZhpks2pda
        41x2gbqY+M1RHpNaJr7JWhNj
        -----END PRIVATE KEY-----
        """
    /// Where PayPal would put its certificate.
    package static let payPalURL = "https://api.paypal.com/v1/notifications/certs/CERT-0123-abcd"
    /// Where SNS would put its certificate.
    package static let snsURL =
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
}
