extension Collection<UInt8> where Index == Int {
    /// Whether `word` stands somewhere in these bytes; an empty one does in any.
    ///
    /// For short words in short texts, where the standard library's `firstRange(of:)` costs many times as much.
    package func holds(_ word: [UInt8]) -> Bool {
        guard let first = word.first else { return true }
        guard word.count <= count else { return false }
        return (startIndex...endIndex - word.count).contains { start in
            self[start] == first && self[start..<start + word.count].elementsEqual(word)
        }
    }
}
