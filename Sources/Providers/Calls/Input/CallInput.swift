package import Domain

/// What an operation is asked to work on, checked: the `input` of `POST /api/calls`.
package enum CallInput: Hashable, Sendable {
    /// `payments.authorize`, `payments.charge`.
    case payment(PaymentInput)
    /// `payments.capture`, `.refund`, `.void`, `.get`.
    case paymentChange(PaymentChangeInput)
    /// `sms.send`.
    case sms(SMSInput)
    /// `email.send`.
    case email(EmailInput)
    /// `video.create`, `video.update`.
    case meeting(MeetingInput)
    /// `calendar.create`, `calendar.update`.
    case calendarItem(CalendarItemInput)
    /// `calendar.changes`.
    case calendarChanges(CalendarChangesInput)
    /// `weather.current`, `weather.forecast`.
    case weather(WeatherInput)
    /// `storage.*`.
    case object(StorageInput)
    /// Operations whose target says everything: `sms.get`, `email.get`, `video.get`, `video.cancel`, `calendar.get`,
    /// `calendar.cancel`.
    case target

    /// Reads and checks the input of `operation`; `of`, which names the target, is read by the caller before.
    package init(_ operation: Operation, _ json: JSONValue) throws(CallInputError) {
        let reader = try CallInputReader(json)
        switch operation {
        case .paymentsAuthorize, .paymentsCharge: self = .payment(try PaymentInput(reader))
        case .paymentsCapture, .paymentsRefund, .paymentsVoid, .paymentsGet:
            self = .paymentChange(try PaymentChangeInput(reader))
        case .smsSend: self = .sms(try SMSInput(reader))
        case .emailSend: self = .email(try EmailInput(reader))
        case .videoCreate, .videoUpdate: self = .meeting(try MeetingInput(reader, operation))
        case .calendarCreate, .calendarUpdate: self = .calendarItem(try CalendarItemInput(reader))
        case .calendarChanges: self = .calendarChanges(try CalendarChangesInput(reader))
        case .weatherCurrent, .weatherForecast: self = .weather(try WeatherInput(reader, operation))
        case .storageUpload, .storageDownload, .storageDelete, .storagePresign, .storageHead:
            self = .object(try StorageInput(reader, operation))
        case .smsGet, .emailGet, .videoGet, .videoCancel, .calendarGet, .calendarCancel:
            try reader.finish(known: [])
            self = .target
        }
    }
}
