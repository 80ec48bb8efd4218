import Domain

/// Messages of SNS with what S3 publishes, without topic and signature: those are added when they are sent.
struct SNSSamples {
    /// The types that can be made.
    static let types = ["s3:ObjectCreated:Put", "s3:ObjectRemoved:Delete", "sns.notification"]

    let id: String
    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The message.
    var event: SampleEvent {
        var members: [(String, JSONValue)] = [
            ("Type", "Notification"), ("MessageId", .string(id)),
            ("TopicArn", "arn:aws:sns:eu-central-1:123456789012:photos"),
        ]
        if type == "sns.notification" {
            members.append(("Message", .string("The albums of \(booking.couple) are ready to be printed.")))
        } else {
            members.append(("Subject", "Amazon S3 Notification"))
            members.append(("Message", .string(String(decoding: record.serialized(), as: UTF8.self))))
        }
        members.append(("Timestamp", "\(now)"))
        return SampleEvent(
            provider: .awsSNS,
            id: id,
            type: type,
            body: JSONValue.object([]).setting(members).serialized(pretty: true),
            contentType: "text/plain; charset=UTF-8",
            headers: Headers([
                ("x-amz-sns-message-type", "Notification"), ("x-amz-sns-message-id", id),
                ("user-agent", "Amazon Simple Notification Service Agent"),
            ])
        )
    }

    private var record: JSONValue {
        let isNew = type == "s3:ObjectCreated:Put"
        let key = "weddings/\(booking.wedding)/first+dance+\(dice.number(1...400)).jpg"
        var object: [(String, JSONValue)] = [("key", .string(key))]
        if isNew {
            object += [
                ("size", .integer(dice.number(900_000...9_000_000))), ("eTag", .string(dice.digits(32))),
            ]
        }
        object.append(("sequencer", .string(dice.code("0065", 14))))
        return [
            "Records": [
                [
                    "eventVersion": "2.1",
                    "eventSource": "aws:s3",
                    "awsRegion": "eu-central-1",
                    "eventTime": "\(now - .milliseconds(700))",
                    "eventName": .string(String(type.dropFirst(3))),
                    "userIdentity": ["principalId": .string("AWS:\(dice.code("AIDA", 17))")],
                    "requestParameters": ["sourceIPAddress": "203.0.113.7"],
                    "responseElements": [
                        "x-amz-request-id": .string(dice.code("", 16)),
                        "x-amz-id-2": .string(dice.name("", 64)),
                    ],
                    "s3": [
                        "s3SchemaVersion": "1.0",
                        "configurationId": "usher",
                        "bucket": [
                            "name": "wedding-photos",
                            "ownerIdentity": ["principalId": .string(dice.code("A", 13))],
                            "arn": "arn:aws:s3:::wedding-photos",
                        ],
                        "object": JSONValue.object([]).setting(object),
                    ],
                ]
            ]
        ]
    }
}
