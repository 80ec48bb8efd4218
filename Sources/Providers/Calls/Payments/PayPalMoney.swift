import Domain

/// Amounts as PayPal writes them: decimal texts with the currency's digits.
///
/// | money | text |
/// |---|---|
/// | 1250.00 EUR | `1250.00` |
/// | 500 JPY | `500` |
/// | 500.00 HUF, 500.00 TWD | `500`: PayPal takes no fractions of these |
/// | 1.500 KWD | `1.500` |
///
/// Source: <https://developer.paypal.com/reference/currency-codes/>.
enum PayPalMoney {
    /// The text of an amount; nil when PayPal cannot take it to the last minor unit.
    static func text(_ money: Money) -> String? {
        guard ["HUF", "TWD"].contains(money.currency.code) else { return money.decimalText }
        return money.minorUnits % 100 == 0 ? "\(money.minorUnits / 100)" : nil
    }

    /// The JSON of an amount.
    static func json(_ money: Money) -> JSONValue {
        ["currency_code": .string(money.currency.code), "value": .string(text(money) ?? money.decimalText)]
    }

    /// Reads `{"currency_code": "EUR", "value": "1250.00"}`; nil for anything else, and for more than minor units.
    static func money(_ json: JSONValue?) -> Money? {
        guard let currency = json?["currency_code"]?.string.flatMap({ Currency($0) }),
            let parts = json?["value"]?.string?.utf8.split(
                separator: UInt8(ascii: "."),
                omittingEmptySubsequences: false
            ),
            (1...2).contains(parts.count), let whole = parts.first, (1...12).contains(whole.count)
        else { return nil }
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        guard fraction.dropFirst(currency.digits).allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
        let padded = (fraction + Array(repeating: UInt8(ascii: "0"), count: currency.digits)).prefix(
            currency.digits
        )
        var units: Int64 = 0
        for byte in Array(whole) + Array(padded) {
            guard (0x30...0x39).contains(byte) else { return nil }
            units = units * 10 + Int64(byte - 0x30)
        }
        return Money(minorUnits: units, currency: currency)
    }
}
