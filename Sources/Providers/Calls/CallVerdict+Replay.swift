extension CallVerdict {
    /// The verdict on an attempt in doubt whose request was sent once more and answered with this one.
    ///
    /// An answer that turned the *repetition* away at the door (over a limit, credential not accepted, provider
    /// unavailable, key busy) says nothing of the request before it: the attempt stays in doubt. A refusal or a
    /// rejection of the request itself would have met the first one too.
    package var ofReplay: CallVerdict {
        guard case .notApplied(let failure) = self else { return self }
        return switch failure.kind {
        case .unavailable, .limited, .unauthorized, .conflict: .inDoubt(failure)
        case .rejected, .declined, .notFound: self
        }
    }
}
