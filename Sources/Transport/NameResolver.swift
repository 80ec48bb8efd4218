package import NIOCore

/// Finds the addresses of a name, as a port so that tests can script what a name server says.
package struct NameResolver: Sendable {
    /// Looks the name up; the future lives on the given event loop and may take as long as it likes.
    package let lookUp: @Sendable (_ host: String, _ loop: any EventLoop) -> EventLoopFuture<[IPAddress]>

    /// Makes a resolver from its one function.
    package init(
        lookUp: @escaping @Sendable (_ host: String, _ loop: any EventLoop) -> EventLoopFuture<[IPAddress]>
    ) {
        self.lookUp = lookUp
    }
}
