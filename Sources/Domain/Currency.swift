/// A currency by its ISO 4217 code, three upper-case letters, with the number of digits after its decimal point.
package struct Currency: Hashable, Sendable, CustomStringConvertible {
    /// The code: `EUR`.
    package let code: String
    /// Digits of the minor unit (ISO 4217 "exponent"): 2 for EUR, 0 for JPY, 3 for KWD.
    package let digits: Int

    /// Looks up a code, in upper or lower case; nil for what is no currency in use.
    package init?(_ code: String) {
        let upper = String(
            decoding: code.utf8.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 },
            as: UTF8.self
        )
        guard let digits = Self.digitsByCode[upper] else { return nil }
        self.code = upper
        self.digits = digits
    }

    /// The code in lower case, as Stripe writes it.
    package var lowercaseCode: String { lowercasedASCII(code) }

    package var description: String { code }

    // ISO 4217 list one, funds and metals left out.
    private static let digitsByCode: [String: Int] = {
        var table: [String: Int] = [:]
        for (digits, codes) in [(0, withoutDigits), (2, withTwoDigits), (3, withThreeDigits)] {
            for code in codes.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
                table[String(code)] = digits
            }
        }
        return table
    }()

    private static let withoutDigits = """
        BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
        """
    private static let withThreeDigits = """
        BHD IQD JOD KWD LYD OMR TND
        """
    private static let withTwoDigits = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
        CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
        HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
        MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN
        QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
        TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
        """
}
