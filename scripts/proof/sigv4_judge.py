"""A strict judge of SigV4 in front of an S3 that checks no signatures: what is not signed to the letter gets no further.

Started by e2e_storage.py with the port to listen on, the port behind it, the access key and its secret. Written from
AWS's documentation of Signature Version 4 alone, so that it shares no mistake with Usher's own signer.
"""

import datetime
import hashlib
import hmac
import http.client
import http.server
import sys
import urllib.parse

UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = datetime.timedelta(minutes=15)
LIFE_MAX = 604_800


class Refusal(Exception):
    """Why a request gets no further."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def encoded(text: bytes, keep: bytes = b"") -> str:
    allowed = UNRESERVED | set(keep)
    return "".join(chr(byte) if byte in allowed else f"%{byte:02X}" for byte in text)


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def parameters(query: str) -> list[tuple[bytes, bytes]]:
    pairs = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        pairs.append((urllib.parse.unquote_to_bytes(name), urllib.parse.unquote_to_bytes(value)))
    return pairs


class Claim:
    """What a request says of its signature, in its head or in its URL."""

    def __init__(self, headers, pairs: list[tuple[bytes, bytes]], body: bytes):
        named = {name.decode(): value.decode() for name, value in pairs}
        authorization = headers.get("Authorization", "")
        self.is_presigned = "X-Amz-Signature" in named
        if self.is_presigned:
            self.life = datetime.timedelta(seconds=int(named["X-Amz-Expires"]))
            if not 1 <= int(named["X-Amz-Expires"]) <= LIFE_MAX:
                raise Refusal(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be 1 to 604800")
            self.credential, self.signed = named["X-Amz-Credential"], named["X-Amz-SignedHeaders"]
            self.signature, self.date = named["X-Amz-Signature"], named["X-Amz-Date"]
            self.payload = UNSIGNED
        elif authorization.startswith(ALGORITHM + " "):
            fields = dict(part.strip().split("=", 1) for part in authorization[len(ALGORITHM):].split(","))
            self.life = SKEW
            self.credential, self.signed = fields["Credential"], fields["SignedHeaders"]
            self.signature, self.date = fields["Signature"], headers.get("X-Amz-Date", "")
            self.payload = headers.get("X-Amz-Content-SHA256", "")
            if self.payload != UNSIGNED and not self.payload.startswith("STREAMING-UNSIGNED"):
                if self.payload != hashlib.sha256(body).hexdigest():
                    raise Refusal(400, "XAmzContentSHA256Mismatch", "the body is not what was signed")
        else:
            raise Refusal(403, "AccessDenied", "there is no signature")

    def check_time(self) -> None:
        signed_at = datetime.datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        now = datetime.datetime.now(datetime.timezone.utc)
        if signed_at - now > SKEW or (not self.is_presigned and now - signed_at > SKEW):
            raise Refusal(403, "RequestTimeTooSkewed", "the clocks are too far apart")
        if self.is_presigned and now > signed_at + self.life:
            raise Refusal(403, "AccessDenied", "Request has expired")


class Judge(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind = 0
    access_key = secret = ""

    def judge(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        pairs = parameters(query)
        claim = Claim(self.headers, pairs, body)
        key, day, region, service, end = claim.credential.split("/")
        if key != self.access_key:
            raise Refusal(403, "InvalidAccessKeyId", key)
        if (service, end) != ("s3", "aws4_request") or not claim.date.startswith(day):
            raise Refusal(400, "AuthorizationHeaderMalformed", claim.credential)
        claim.check_time()
        names = claim.signed.split(";")
        needed = {name.lower() for name in self.headers if name.lower().startswith("x-amz-")} | {"host"}
        if not needed <= set(names) or names != sorted(names):
            raise Refusal(403, "AccessDenied", f"not signed: {sorted(needed - set(names))}")
        fields = "".join(
            f"{name}:{','.join(' '.join(value.split()) for value in self.headers.get_all(name) or [])}\n"
            for name in names
        )
        others = sorted((encoded(n), encoded(v)) for n, v in pairs if n != b"X-Amz-Signature")
        canonical = "\n".join([
            self.command, encoded(urllib.parse.unquote_to_bytes(path), b"/"),
            "&".join(f"{name}={value}" for name, value in others), fields, claim.signed, claim.payload,
        ])
        scope = f"{day}/{region}/{service}/{end}"
        text = "\n".join([ALGORITHM, claim.date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signing_key = ("AWS4" + self.secret).encode()
        for part in (day, region, service, end):
            signing_key = mac(signing_key, part)
        if not hmac.compare_digest(mac(signing_key, text).hex(), claim.signature):
            raise Refusal(403, "SignatureDoesNotMatch", urllib.parse.quote(canonical))

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.judge(body)
        except Refusal as refusal:
            text = f"<Error><Code>{refusal.code}</Code><Message>{refusal.message}</Message></Error>"
            return self.answer(refusal.status, [("Content-Type", "application/xml")], text.encode())
        except (KeyError, ValueError) as error:
            text = f"<Error><Code>InvalidRequest</Code><Message>{error!r}</Message></Error>"
            return self.answer(400, [("Content-Type", "application/xml")], text.encode())
        connection = http.client.HTTPConnection("127.0.0.1", self.behind)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        self.answer(answer.status, answer.getheaders(), answer.read())
        connection.close()

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        length = str(len(body))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

    def log_message(self, *arguments) -> None:
        pass


if __name__ == "__main__":
    Judge.behind, Judge.access_key, Judge.secret = int(sys.argv[2]), sys.argv[3], sys.argv[4]
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Judge).serve_forever()
