/// An amount of money: whole minor units (cents, yen, fils) of one currency.
///
/// Never a fraction: what cannot be written in minor units is not an amount.
///
/// | text | minor units |
/// |---|---|
/// | 10.00 EUR | 1 000 |
/// | 10 JPY | 10 |
/// | 1.500 KWD | 1 500 |
package struct Money: Hashable, Sendable, CustomStringConvertible {
    /// The most minor units an amount may have: what every provider and a `Double` in between can carry.
    package static let minorUnitsMax: Int64 = 999_999_999_999

    /// The amount in minor units, from 0.
    package let minorUnits: Int64
    /// The currency.
    package let currency: Currency

    /// Makes an amount; nil when it is negative or above `minorUnitsMax`.
    package init?(minorUnits: Int64, currency: Currency) {
        guard (0...Self.minorUnitsMax).contains(minorUnits) else { return nil }
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// The amount in major units with exactly the currency's digits: `10.00`, `10`, `1.500`.
    package var decimalText: String {
        guard currency.digits > 0 else { return "\(minorUnits)" }
        let scale = (0..<currency.digits).reduce(Int64(1)) { scale, _ in scale * 10 }
        let fraction = "\(scale + minorUnits % scale)".dropFirst()
        return "\(minorUnits / scale).\(fraction)"
    }

    /// `10.00 EUR`.
    package var description: String { "\(decimalText) \(currency)" }
}
