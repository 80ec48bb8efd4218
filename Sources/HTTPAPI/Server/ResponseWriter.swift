import Domain
import NIOCore

/// Writes responses as HTTP/1.1 bytes, head and body in one buffer.
struct ResponseWriter {
    private var date = HTTPDate()

    /// `HTTP/1.1 100 Continue`.
    static let interim = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Writes one response.
    ///
    /// Fields that no HTTP message can carry (a line break in a value) turn it into a 500: they would let whoever
    /// chose them write a response of their own.
    mutating func write(
        _ response: APIResponse,
        to exchange: ConnectionMachine.Exchange,
        now: Instant,
        into buffer: inout ByteBuffer
    ) {
        guard response.headers.fields.allSatisfy(Self.isSafe) else {
            return write(APIResponse(status: 500), to: exchange, now: now, into: &buffer)
        }
        writeHead(response, exchange, now, &buffer)
        let hasBody = response.status != 204 && response.status != 304
        if hasBody {
            buffer.writeStaticString("content-length: ")
            writeDecimal(response.body.count, &buffer)
            buffer.writeStaticString("\r\n\r\n")
        } else {
            buffer.writeStaticString("\r\n")
        }
        if hasBody, exchange.method != .head { buffer.writeBytes(response.body) }
    }

    /// Writes the head of a response whose body follows; false, and nothing written, when no message can carry it.
    mutating func writeHead(
        of response: APIResponse,
        framing: StreamFraming,
        to exchange: ConnectionMachine.Exchange,
        now: Instant,
        into buffer: inout ByteBuffer
    ) -> Bool {
        guard response.headers.fields.allSatisfy(Self.isSafe) else { return false }
        writeHead(response, exchange, now, &buffer)
        switch framing {
        case .length(let length): buffer.writeString("content-length: \(length)\r\n")
        case .chunks: buffer.writeStaticString("transfer-encoding: chunked\r\n")
        case .untilClose: break
        }
        buffer.writeStaticString("\r\n")
        return true
    }

    private mutating func writeHead(
        _ response: APIResponse,
        _ exchange: ConnectionMachine.Exchange,
        _ now: Instant,
        _ buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString("HTTP/1.1 ")
        writeDecimal(response.status, &buffer)
        buffer.writeStaticString(" ")
        buffer.writeStaticString(Self.reason(response.status))
        buffer.writeStaticString("\r\ndate: ")
        buffer.writeBytes(date.text(at: now))
        buffer.writeStaticString("\r\nx-content-type-options: nosniff\r\n")
        var hasCacheControl = false
        for field in response.headers.fields {
            if field.name == "cache-control" { hasCacheControl = true }
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        if !hasCacheControl { buffer.writeStaticString("cache-control: no-store\r\n") }
        if !exchange.keepsAlive {
            buffer.writeStaticString("connection: close\r\n")
        } else if exchange.minorVersion == 0 {
            buffer.writeStaticString("connection: keep-alive\r\n")
        }
    }

    private func writeDecimal(_ number: Int, _ buffer: inout ByteBuffer) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.writeInteger(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
    }

    private static func isSafe(_ field: Headers.Field) -> Bool {
        !field.name.isEmpty
            && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 303: "See Other"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 426: "Upgrade Required"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 507: "Insufficient Storage"
        default: ""
        }
    }
}
