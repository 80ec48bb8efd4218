package import Domain

/// Why an input on the command line cannot be used, and what to write.
package struct CallArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// For people.
    package let description: String
}

/// Reads what `usher call` is given.
package enum CallArguments {
    /// The largest input that is read.
    package static let inputBytesMax = 1_048_576

    /// Reads an input: JSON itself, `@FILE`, or `@-` for standard input.
    package static func input(_ text: String) throws(CallArgumentError) -> JSONValue {
        let bytes: [UInt8]
        let place: String
        if text.utf8.first == UInt8(ascii: "@") {
            let path = String(text.dropFirst())
            place = path == "-" ? "standard input" : path
            do throws(BoundedFile.ReadError) {
                bytes = try BoundedFile.read(path, bytesMax: inputBytesMax)
            } catch {
                switch error {
                case .tooLarge:
                    throw CallArgumentError(description: "\(place) is larger than \(inputBytesMax) bytes")
                case .unreadable(let reason):
                    throw CallArgumentError(description: "\(place) cannot be read: \(reason)")
                }
            }
        } else {
            place = "--input"
            bytes = Array(text.utf8)
        }
        guard let json = try? JSONParser.parse(bytes) else {
            throw CallArgumentError(
                description: "\(place) is no JSON; quote it for the shell: --input '{\"to\": \"+34…\"}'"
            )
        }
        guard json.object != nil else {
            throw CallArgumentError(description: "\(place) must be a JSON object like {\"to\": \"+34…\"}")
        }
        return json
    }

    /// What an operation works on: a call's id, or `INTEGRATION/REFERENCE`.
    package static func target(_ text: String) -> JSONValue {
        guard !text.hasPrefix("call_"), let slash = text.firstIndex(of: "/") else {
            return ["call": .string(text)]
        }
        return [
            "integration": .string(String(text[..<slash])),
            "reference": .string(String(text[text.index(after: slash)...])),
        ]
    }

    /// A fresh `Idempotency-Key`.
    package static func freshKey(random: RandomSource) -> String {
        "cli-" + Hex.encode((0..<2).flatMap { _ in bytes(random.next()) })
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
}
