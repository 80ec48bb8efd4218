"""Photos put into S3 (moto) reach the application through SNS and Usher, unchanged binary, certificates verified.

Usher fetches the certificate of a message from https://sns.REGION.amazonaws.com and nowhere else. So this runs in a
network of its own (scripts/e2e starts it under `unshare --net --mount`), in which that name leads to this program:
it serves, for the key moto signed with, a certificate issued by an authority that this run's machine trusts.
moto sends no SubscriptionConfirmation; this program signs one itself.
"""

import argparse
import base64
import contextlib
import datetime
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from e2e import APP_SECRET, Proof, Receiver, post
from usher_process import Usher, exchange, free_port

REGION = "us-east-1"
HOST = f"sns.{REGION}.amazonaws.com"
# An address that Usher may call; in this network it is our own.
ADDRESS = "52.94.1.1"


class Authority:
    """A certificate authority of one run."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Usher e2e authority")])
        self.certificate = self._sign(self.name, self.key.public_key(), [x509.BasicConstraints(True, None)])

    def issue(self, name: str, key) -> bytes:
        """The PEM of a certificate for `key`, and of the authority's own."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        leaf = self._sign(subject, key, [x509.BasicConstraints(False, None),
                                         x509.SubjectAlternativeName([x509.DNSName(name)])])
        return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (leaf, self.certificate))

    def _sign(self, subject, key, extensions) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=1)))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())


class Amazon:
    """The host that Usher believes: certificates by the path moto names, and confirmations of subscriptions."""

    def __init__(self, authority: Authority, moto: str, folder: pathlib.Path):
        self.authority, self.moto = authority, moto
        self.own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.confirmed: list[str] = []
        self.fetched: list[str] = []
        self.is_down = False
        amazon = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = amazon.answer(self.path)
                self.send_response(200 if body else 503)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        file = folder / "https.pem"
        file.write_bytes(authority.issue(HOST, key.public_key()) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self.server = http.server.ThreadingHTTPServer((ADDRESS, 443), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> bytes | None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        if query.get("Action") == ["ConfirmSubscription"]:
            self.confirmed.append(query["Token"][0])
            return b"<ConfirmSubscriptionResponse/>"
        self.fetched.append(path)
        if self.is_down:
            return None
        if path == "/SimpleNotificationService-own.pem":
            return self.authority.issue("sns.amazonaws.com", self.own_key.public_key())
        with contextlib.suppress(urllib.error.URLError):
            # moto finds the service in the scope of the credential, or takes everything for S3.
            scope = f"AWS4-HMAC-SHA256 Credential=a/20270619/{REGION}/sns/aws4_request, SignedHeaders=host, Signature=0"
            request = urllib.request.Request(self.moto + path, headers={"Host": HOST, "Authorization": scope})
            pem = urllib.request.urlopen(request, timeout=5).read()
            key = x509.load_pem_x509_certificate(pem).public_key()
            return self.authority.issue("sns.amazonaws.com", key)
        return None

    def confirmation(self, topic: str, token: str) -> bytes:
        message = {
            "Type": "SubscriptionConfirmation", "MessageId": str(uuid.uuid4()), "Token": token, "TopicArn": topic,
            "Message": "You have chosen to subscribe to the topic.",
            "SubscribeURL": f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}",
            "Timestamp": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": "2", "SigningCertURL": f"https://{HOST}/SimpleNotificationService-own.pem",
        }
        fields = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{field}\n{message[field]}\n" for field in fields)
        signature = self.own_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return json.dumps(message | {"Signature": base64.b64encode(signature).decode()}).encode()


def isolate(authority: Authority, folder: pathlib.Path) -> None:
    """Gives this network its two addresses, and this mount namespace its names and authorities."""
    for command in (["ip", "link", "set", "lo", "up"], ["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"],
                    ["mount", "--make-rprivate", "/"]):
        subprocess.run(command, check=True)
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n")
    bundle = folder / "bundle.pem"
    bundle.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    for file, place in ((hosts, "/etc/hosts"), (bundle, "/etc/ssl/certs/ca-certificates.crt")):
        subprocess.run(["mount", "--bind", str(file), place], check=True)


def run(proof: Proof, usher: Usher, amazon: Amazon, moto: str, topic: str) -> None:
    client = {"endpoint_url": moto, "region_name": REGION, "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    url = usher.webhook_url("photos")
    headers = {"Content-Type": "text/plain; charset=UTF-8"}
    status, _, answer = exchange(url, amazon.confirmation(topic, "token1"), headers)
    proof.check("a subscription to an allowed topic is confirmed", 200 <= status < 300 and amazon.confirmed == ["token1"],
                (status, answer, amazon.confirmed, amazon.fetched))
    status, _ = post(url, amazon.confirmation(topic + "-other", "token2"), headers)
    proof.check("one to another topic is not", 400 <= status < 500 and amazon.confirmed == ["token1"], status)

    sns, s3 = boto3.client("sns", **client), boto3.client("s3", **client)
    sns.create_topic(Name="photos")
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    s3.create_bucket(Bucket="weddings")
    s3.put_bucket_notification_configuration(
        Bucket="weddings",
        NotificationConfiguration={"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    for name in ("amara-jonas/first dance.jpg", "amara-jonas/cake.jpg"):
        s3.put_object(Bucket="weddings", Key=name, Body=b"photo")
    # The confirmation is delivered as well, so deliveries alone prove nothing.
    proof.wait("two photos put into S3 arrive as events", lambda: {"amara-jonas/first+dance.jpg", "amara-jonas/cake.jpg"}
               <= {record["s3"]["object"]["key"].replace("%2F", "/").replace("%20", "+") for record in records(proof)})
    amazon.is_down = True
    before = len(proof.receiver.bodies)
    s3.put_object(Bucket="weddings", Key="amara-jonas/late.jpg", Body=b"photo")
    time.sleep(1)
    proof.check("without its certificate a message is not believed", len(proof.receiver.bodies) == before)


def records(proof: Proof) -> list[dict]:
    """The S3 records of everything that was delivered."""
    found = []
    for _, body in proof.receiver.bodies:
        found += json.loads(body.get("Message", "{}")).get("Records", [])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build-release/release/usher", help="the binary")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-sns-"))
    authority = Authority()
    isolate(authority, folder)
    port = free_port()
    moto = subprocess.Popen([str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    topic = f"arn:aws:sns:{REGION}:123456789012:photos"
    receiver = Receiver()
    amazon = Amazon(authority, f"http://127.0.0.1:{port}", folder)
    usher = Usher(
        options.usher,
        folder,
        sources={"photos": {"provider": "aws-sns", "settings": {"topics": [topic]}}},
        destinations={"app": {"url": f"http://127.0.0.1:{receiver.server_address[1]}/hooks",
                              "secret": "env:E2E_APP_SECRET", "allow_private": True}},
        environment={"E2E_APP_SECRET": APP_SECRET},
    )
    proof = Proof(usher, receiver)
    try:
        usher.start()
        usher.wait_ready()
        wait_for(f"http://127.0.0.1:{port}/moto-api/")
        run(proof, usher, amazon, f"http://127.0.0.1:{port}", topic)
        usher.stop()
        proof.check("every delivery was verified", not receiver.faults, receiver.faults[:3])
    finally:
        usher.kill()
        moto.kill()
        receiver.shutdown()
    print(f"\nsns: {proof.passed} passed, {proof.failed} failed")
    if proof.failed:
        print(f"the log is in {usher.log}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def wait_for(url: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
