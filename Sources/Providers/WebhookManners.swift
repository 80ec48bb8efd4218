/// How one provider wants to be dealt with.
package struct WebhookManners: Hashable, Sendable {
    /// What to answer once a webhook is durable, a repeated one too.
    package let acknowledgement: Acknowledgement
    /// The methods it may send with, upper case; others are answered 405.
    package var methods = ["POST"]
    /// The status that makes the provider send again later: while Usher is overloaded or cannot write.
    package var overloadStatus = 503
    /// What to answer to a well-formed webhook that is not believed; nil is 401.
    ///
    /// For providers whose requests mix several subscriptions, so that one that is gone does not hold up the others.
    package var refusal: Acknowledgement?
}
