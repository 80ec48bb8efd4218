import Domain

/// Amounts as Stripe's API counts them: mostly ISO 4217's minor units, and not always.
///
/// | currency | ISO digits | Stripe | 5 of it |
/// |---|---|---|---|
/// | EUR and most | 2 | hundredths | 500 |
/// | JPY and most without digits | 0 | whole units | 5 |
/// | ISK, UGX | 0 | hundredths, the last two always `00` | 500 |
/// | MGA | 2 | whole units | 5 |
/// | BHD, JOD, KWD, OMR, TND | 3 | thousandths, the last always `0` | 5000 |
///
/// Source: <https://docs.stripe.com/currencies>, "Zero-decimal currencies", "Three-decimal currencies", "Special cases".
enum StripeMoney {
    /// The amount to send; nil when Stripe cannot take it to the last minor unit.
    static func units(_ money: Money) -> Int64? {
        switch money.currency.code {
        case "ISK", "UGX": return money.minorUnits * 100
        case "MGA":
            guard money.minorUnits % 100 == 0 else { return nil }
            return money.minorUnits / 100
        default:
            guard money.currency.digits != 3 || money.minorUnits % 10 == 0 else { return nil }
            return money.minorUnits
        }
    }

    /// The money that `units` of `currency` are; nil for what Stripe does not send.
    static func money(_ units: Int64, _ currency: String) -> Money? {
        guard let currency = Currency(currency), (0...Money.minorUnitsMax * 100).contains(units) else {
            return nil
        }
        switch currency.code {
        case "ISK", "UGX": return Money(minorUnits: units / 100, currency: currency)
        case "MGA": return Money(minorUnits: units * 100, currency: currency)
        default: return Money(minorUnits: units, currency: currency)
        }
    }
}
