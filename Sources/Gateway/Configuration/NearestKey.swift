/// The word of `known` that `word` was most likely meant to be: at most two slips of the keyboard away, and fewer
/// than half its letters.
func nearest(to word: String, among known: [String]) -> String? {
    let scored = known.map { (word: $0, slips: slips(Array(word.utf8), Array($0.utf8))) }
    guard let best = scored.min(by: { $0.slips < $1.slips }) else { return nil }
    return best.slips <= 2 && best.slips * 2 < max(word.utf8.count, 2) ? best.word : nil
}

/// Letters to insert, drop, replace or swap with their neighbour (optimal string alignment) to get from one word to
/// the other; words over 64 bytes count as far apart.
private func slips(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard left.count <= 64, right.count <= 64 else { return .max }
    var rows = [Array(0...right.count)]
    for i in 0..<left.count {
        var row = [i + 1]
        for j in 0..<right.count {
            var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                best = min(best, rows[i - 1][j - 1] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
