import Access
import Domain
import Registry

/// Vendors: list, create, change, remove.
///
/// A vendor's key sees that vendor alone.
struct VendorRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, create, replace, remove] }

    private var list: Route {
        Route(
            .get,
            "/api/vendors",
            id: "listVendors",
            tag: "vendors",
            summary: "Lists vendors by name.",
            replies: [.json(200, .list(of: "Vendor"), "All vendors.")],
            action: .guarded(.read) { _, scope in
                let vendors = context.weddings.snapshot.vendors.values
                    .filter { scope.mayRead(vendor: $0.name) }
                    .sorted { $0.name < $1.name }
                return .page(vendors.map(\.json), nextCursor: nil)
            }
        )
    }

    private var create: Route {
        Route(
            .post,
            "/api/vendors",
            id: "createVendor",
            tag: "vendors",
            summary: "Makes a vendor.",
            body: .object(
                [.required("name", .name, "Its name, as keys and sources carry it.")] + Self.fields
            ),
            replies: [.json(201, .named("Vendor"), "The vendor.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let vendor = try read(call.body ?? .null)
                try await context.weddings.commit([.createVendor(vendor)])
                return .json(vendor.json, status: 201)
            }
        )
    }

    private var replace: Route {
        Route(
            .put,
            "/api/vendors/{name}",
            id: "replaceVendor",
            tag: "vendors",
            summary: "Makes a vendor or replaces it.",
            body: .object(Self.fields),
            replies: [.json(200, .named("Vendor"), "The vendor.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let members = [JSONMember("name", .string(call.path["name"]))] + (call.body?.object ?? [])
                let vendor = try read(.object(members))
                try await context.weddings.commit([.putVendor(vendor)])
                return .json(vendor.json)
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/vendors/{name}",
            id: "removeVendor",
            tag: "vendors",
            summary: "Removes a vendor who works no wedding.",
            replies: [.empty(204, "It is gone.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                guard let name = ResourceName(call.path["name"]) else { throw Problem.notFound }
                try await context.weddings.commit([.removeVendor(name)])
                return APIResponse(status: 204)
            }
        )
    }

    private static let fields: [Schema.Property] = [
        .optional("title", .string(length: 1...200), "What people call it; its name unless given."),
        .optional("email", .nullable(.string(length: 3...254)), "Its address for mail."),
        .optional("phone", .nullable(.string(length: 3...40)), "Its telephone number."),
    ]

    private func read(_ json: JSONValue) throws -> Vendor {
        do {
            return try WeddingJSON.vendor(json)
        } catch {
            throw Problem(invalidImport: [error])
        }
    }
}
