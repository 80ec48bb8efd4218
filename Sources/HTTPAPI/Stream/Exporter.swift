import Access
import Domain

/// Writes durable facts as lines of JSON, each with the cursor behind it.
///
/// A cursor holds one position for each kind of facts, so it goes on with any of them after a restart, and with other
/// kinds than it was made with.
struct Exporter: Sendable {
    let sources: [ExportSource]
    let cursors: CursorCodec

    /// The positions of all sources, by their codes.
    typealias Positions = [UInt8: [UInt8]]

    /// A cursor behind which the facts from an instant on are.
    func cursor(at instant: Instant, _ scope: AccessScope) async throws -> String {
        encode(try await positions(at: instant), scope)
    }

    /// Where each source begins for the facts from an instant on.
    func positions(at instant: Instant) async throws -> Positions {
        var positions: Positions = [:]
        for source in sources { positions[source.code] = try await source.position(instant) }
        return positions
    }

    /// The positions in a cursor.
    func positions(_ cursor: String, _ scope: AccessScope) throws(Problem) -> Positions {
        var rest = try cursors.decode(cursor, listing: Self.listing(scope))[...]
        var positions: Positions = [:]
        while let code = rest.popFirst() {
            guard let count = rest.popFirst(), rest.count >= Int(count) else { throw .invalidCursor }
            positions[code] = Array(rest.prefix(Int(count)))
            rest = rest.dropFirst(Int(count))
        }
        return positions
    }

    /// The facts of the sources with these names, behind `start`, at most `limit` lines and one that says where it ends.
    func body(
        of names: [String],
        after start: Positions,
        limit: Int,
        _ scope: AccessScope
    ) -> ResponseStream {
        ResponseStream { sink in
            var positions = start
            var left = limit
            var hasMore = false
            for source in sources where names.contains(source.name) {
                var page: ExportSource.Page
                repeat {
                    guard left > 0 else {
                        hasMore = true
                        break
                    }
                    let rows = min(left, StreamLimits.exportPageRows)
                    page = try await source.page(positions[source.code], scope, rows)
                    var lines: [UInt8] = []
                    for row in page.rows {
                        positions[source.code] = row.position
                        guard let json = row.json else { continue }
                        left -= 1
                        add(
                            [.init("kind", .string(source.name)), .init("data", json)],
                            positions,
                            scope,
                            &lines
                        )
                    }
                    if !lines.isEmpty { try await sink.write(lines) }
                    if page.rows.isEmpty, page.hasMore { hasMore = true }
                } while page.hasMore && !page.rows.isEmpty
            }
            var end: [UInt8] = []
            add([.init("kind", "end"), .init("more", .bool(hasMore))], positions, scope, &end)
            try await sink.write(end)
        }
    }

    private func add(
        _ members: [JSONMember],
        _ positions: Positions,
        _ scope: AccessScope,
        _ lines: inout [UInt8]
    ) {
        let cursor = JSONMember("cursor", .string(encode(positions, scope)))
        lines += JSONValue.object(members + [cursor]).serialized()
        lines.append(0x0A)
    }

    private func encode(_ positions: Positions, _ scope: AccessScope) -> String {
        let bytes = positions.sorted { $0.key < $1.key }.flatMap { code, position in
            [code, UInt8(position.count)] + position
        }
        return cursors.encode(bytes, listing: Self.listing(scope))
    }

    private static func listing(_ scope: AccessScope) -> [String] {
        ["export", scope.principal.description]
    }
}
