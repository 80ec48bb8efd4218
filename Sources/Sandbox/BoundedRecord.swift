/// What a sandbox remembers, by key in order of arrival; forgets the oldest beyond its limit.
struct BoundedRecord<Value: Sendable>: Sendable {
    /// The most that is remembered; reached again after each quarter that was forgotten.
    let countMax: Int
    private var keys: [String] = []
    private var values: [String: Value] = [:]

    init(countMax: Int) {
        precondition(countMax >= 4, "a record remembers something")
        self.countMax = countMax
    }

    /// Everything that is remembered, oldest first.
    var inOrder: [Value] { keys.compactMap { values[$0] } }

    /// The keys of everything that is remembered, oldest first.
    var inOrderKeys: [String] { keys }

    /// How much is remembered.
    var count: Int { keys.count }

    /// What is remembered of `key`; setting a new key may forget the oldest quarter.
    subscript(key: String) -> Value? {
        get { values[key] }
        set {
            guard let newValue else { return }
            if values.updateValue(newValue, forKey: key) != nil { return }
            keys.append(key)
            guard keys.count > countMax else { return }
            for forgotten in keys.prefix(countMax / 4) { values[forgotten] = nil }
            keys.removeFirst(countMax / 4)
        }
    }
}
