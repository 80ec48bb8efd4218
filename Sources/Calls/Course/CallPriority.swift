package import Domain
package import Providers

/// How urgent a call is when its caller does not say.
///
/// | operation | no wedding near | final week | eve and day |
/// |---|---|---|---|
/// | payments (not get), sms.send | high | high | critical |
/// | other changes | normal | high | critical |
/// | reads | normal | normal | high |
package enum CallPriority {
    /// The priority of `operation` at a moment of its wedding; nil is no wedding.
    package static func of(_ operation: Operation, _ moment: WeddingMoment?) -> Priority {
        let phase = moment?.phase
        let isNow = phase == .eve || phase == .day
        if operation.isRead { return isNow ? .high : .normal }
        if isNow { return .critical }
        let isPersonal = operation.capability == .payments || operation == .smsSend
        return isPersonal || phase == .finalWeek ? .high : .normal
    }
}
