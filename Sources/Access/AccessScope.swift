package import Domain

/// What a key may do; each level includes the ones below it.
package enum AccessLevel: String, CaseIterable, Comparable, Sendable {
    /// See everything its principal may see.
    case read
    /// Change what is not configuration: replay events, drop dead letters.
    case write
    /// Change configuration and keys.
    case admin

    /// `left < right` means that `left` may do less.
    package static func < (left: AccessLevel, right: AccessLevel) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .admin: 2
        }
    }
}

/// Whose key it is.
package enum AccessPrincipal: Hashable, Sendable, CustomStringConvertible {
    /// The platform: everything.
    case platform
    /// One vendor: what belongs to that vendor.
    case vendor(ResourceName)

    /// `platform`, or `vendor:` and the vendor's name; this is also the stored form.
    package var description: String {
        switch self {
        case .platform: "platform"
        case .vendor(let name): "vendor:\(name.text)"
        }
    }

    /// Reads the form that `description` writes.
    package init?(_ text: String) {
        if text == "platform" {
            self = .platform
        } else if text.utf8.starts(with: "vendor:".utf8), let name = ResourceName(String(text.dropFirst(7))) {
            self = .vendor(name)
        } else {
            return nil
        }
    }
}

/// What the caller of a service may see and do: given by a checked key, never made elsewhere.
///
/// Only `Access` has an initialiser for it, so a service that takes one cannot be reached unauthenticated.
package struct AccessScope: Hashable, Sendable {
    /// Whose key it is.
    package let principal: AccessPrincipal
    /// What the key may do.
    package let level: AccessLevel
    /// The key; nil for the operator at the console.
    package let keyID: APIKeyID?

    /// Throws `.forbidden` unless the level is at least `level`.
    package func require(_ level: AccessLevel) throws(AccessError) {
        guard self.level >= level else { throw .forbidden(needs: level) }
    }

    /// Throws `.notFound` unless this is the platform's: a vendor does not learn what the platform has.
    package func requirePlatform() throws(AccessError) {
        guard principal == .platform else { throw .notFound }
    }

    /// Throws `.notFound` unless this may see what `principal` owns.
    package func requireReach(_ principal: AccessPrincipal) throws(AccessError) {
        guard reaches(principal) else { throw .notFound }
    }

    /// Whether this may see what belongs to `vendor`.
    package func mayRead(vendor: ResourceName) -> Bool {
        reaches(.vendor(vendor))
    }

    /// Whether this may see what belongs to `principal`: the platform everything, a vendor its own.
    package func reaches(_ principal: AccessPrincipal) -> Bool {
        self.principal == .platform || self.principal == principal
    }
}
