import Domain
import Providers

/// An error as S3 tells it.
struct S3VendorFault: Error {
    let status: Int
    let code: String
    let message: String

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// The answer; one about the region names the right one.
    func answer(region: String) -> VendorAnswer {
        let isRegional = code == "AuthorizationHeaderMalformed"
        let more = isRegional ? "<Region>\(region)</Region>" : ""
        let text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code>"
            + "<Message>\(XMLReader.escaped(message))</Message>\(more)<RequestId>0</RequestId><HostId>0</HostId></Error>"
        var headers = [("content-type", "application/xml")]
        if isRegional { headers.append(("x-amz-bucket-region", region)) }
        return VendorAnswer(status: status, headers: Headers(headers), body: Array(text.utf8))
    }

    static let slowDown = S3VendorFault(503, "SlowDown", "Please reduce your request rate.")
    static let missingKey = S3VendorFault(404, "NoSuchKey", "The specified key does not exist.")
    static let missingUpload = S3VendorFault(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. It may have been aborted or completed."
    )
    static let precondition = S3VendorFault(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold"
    )
    static let notHere = S3VendorFault(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource."
    )
}
