extension Double {
    /// The natural logarithm of a positive, normal, finite number.
    ///
    /// The same bits on every machine, so that a seed repeats a run everywhere; off by less than 1e-10. With
    /// m in 0.71..<1.42 and s = (m - 1) / (m + 1): ln(m * 2^e) = 2 (s + s^3/3 + s^5/5 + ...) + e ln 2.
    ///
    /// | number | 0.5 | 1 | 2 | 250 | 1000000 |
    /// |---|---|---|---|---|---|
    /// | logarithm | -0.693147 | 0 | 0.693147 | 5.521461 | 13.815511 |
    var naturalLogarithm: Double {
        precondition(self >= .leastNormalMagnitude && isFinite, "a logarithm is of a positive number")
        var exponent = Int(bitPattern >> 52) - 1023
        var mantissa = Double(bitPattern: bitPattern & 0xF_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa *= 0.5
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let q = s * s
        let tail = 1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13)))
        return 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + q * tail))) + Double(exponent) * 0.693_147_180_559_945_3
    }
}
