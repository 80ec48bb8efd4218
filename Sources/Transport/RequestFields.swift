import Domain
import NIOHTTP1

/// The fields of a request as they go on the wire, with `host`; refuses what would change the message's framing.
func requestFields(
    _ method: String,
    _ url: DestinationURL,
    _ headers: [(String, String)]
) throws(TransportError) -> HTTPHeaders {
    guard (1...16).contains(method.utf8.count), method.utf8.allSatisfy({ (0x41...0x5A).contains($0) })
    else {
        throw .invalidRequest("the method")
    }
    var fields = HTTPHeaders()
    fields.reserveCapacity(headers.count + 1)
    fields.add(name: "host", value: url.authority)
    for (name, value) in headers {
        guard isToken(name), !ownFields.contains(lowercasedASCII(name)) else {
            throw .invalidRequest("a field's name")
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw .invalidRequest("a field's value")
        }
        fields.add(name: name, value: value)
    }
    return fields
}

/// Fields that frame the message or steer the connection: the transport's own.
private let ownFields: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
    "expect",
    "proxy-connection",
]

/// RFC 9110 section 5.6.2.
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "!#$%&'*+-.^_`|~".utf8.contains($0)
        }
}
