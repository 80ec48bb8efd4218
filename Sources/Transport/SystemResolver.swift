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

private func address(_ entry: addrinfo) -> IPAddress? {
    guard let socket = unsafe entry.ai_addr else { return nil }
    switch unsafe entry.ai_family {
    case AF_INET:
        return unsafe socket.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            unsafe IPAddress(ipv4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        }
    case AF_INET6:
        return unsafe socket.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
            let bytes = unsafe withUnsafeBytes(of: pointer.pointee.sin6_addr) { unsafe Array($0) }
            return IPAddress(
                ipv6: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) },
                bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
            )
        }
    default:
        return nil
    }
}
