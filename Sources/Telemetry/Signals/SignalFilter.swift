package import Domain

/// Which signals a watcher gets; all parts must hold.
package struct SignalFilter: Hashable, Sendable {
    /// The longest prefix of subjects, in bytes.
    package static let subjectBytesMax = 128

    /// Only these kinds.
    package var kinds: SignalKinds
    /// Only signals of this wedding; nil is all, also those without one.
    package var wedding: WeddingID?
    /// Only signals that this vendor may see; nil is all, also the platform's own.
    package var vendor: ResourceName?
    /// Only signals whose subject begins so.
    package var subject: String?

    /// Makes a filter; without arguments it lets every signal through.
    package init(
        kinds: SignalKinds = .all,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil,
        subject: String? = nil
    ) {
        self.kinds = kinds
        self.wedding = wedding
        self.vendor = vendor
        self.subject = subject
    }

    /// Whether a signal is let through; what costs least is looked at first.
    package func lets(_ signal: KeptSignal) -> Bool {
        guard kinds.contains(SignalKinds(signal.kind)), wedding == nil || wedding == signal.wedding,
            vendor == nil || vendor == signal.vendor
        else { return false }
        guard let subject else { return true }
        return signal.subject.utf8.starts(with: subject.utf8)
    }
}
