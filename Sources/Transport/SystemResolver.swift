import Glibc
import NIOCore
package import NIOPosix

extension NameResolver {
    /// The system's resolver (`getaddrinfo`: hosts file, then DNS), on threads of its own because it blocks.
    ///
    /// The pool must have been started. Addresses come in the order of RFC 6724; zones and sockets of other
    /// families are left out. A name that does not exist gives a failed future.
    package static func system(threads: NIOThreadPool) -> NameResolver {
        NameResolver { host, loop in
            threads.runIfActive(eventLoop: loop) { try lookUpBlocking(host) }
        }
    }
}

/// What `getaddrinfo` answered instead of addresses.
private struct LookUpFailed: Error {
    let code: CInt
}

private func lookUpBlocking(_ host: String) throws -> [IPAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else { throw LookUpFailed(code: code) }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [IPAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
        if let address = unsafe address(entry.pointee), !addresses.contains(address) {
            addresses.append(address)
        }
        unsafe next = entry.pointee.ai_next
    }
    return addresses
}

/// The address inside a socket address, read from its bytes: `sin_addr` stands at 4, `sin6_addr` at 8 (Linux ABI).
private func address(_ entry: addrinfo) -> IPAddress? {
    guard let socket = unsafe entry.ai_addr else { return nil }
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: socket, count: Int(entry.ai_addrlen)))
    switch unsafe entry.ai_family {
    case AF_INET where bytes.count >= 8:
        return IPAddress(ipv4: bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) })
    case AF_INET6 where bytes.count >= 24:
        return IPAddress(
            ipv6: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) },
            bytes[16..<24].reduce(0) { $0 << 8 | UInt64($1) }
        )
    default:
        return nil
    }
}
