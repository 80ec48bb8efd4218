extension [UInt8] {
    /// Whether `word` stands somewhere in these bytes; an empty one does in any.
    ///
    /// For short words, where the standard library's `firstRange(of:)` costs many times as much. Of one type alone:
    /// generic code is not specialised for other modules.
    package func holds(_ word: [UInt8]) -> Bool {
        guard let first = word.first else { return true }
        guard word.count <= count else { return false }
        var start = 0
        while start <= count - word.count {
            if self[start] == first, stands(word, at: start) { return true }
            start += 1
        }
        return false
    }

    private func stands(_ word: [UInt8], at start: Int) -> Bool {
        var offset = 1
        while offset < word.count {
            guard self[start + offset] == word[offset] else { return false }
            offset += 1
        }
        return true
    }
}
