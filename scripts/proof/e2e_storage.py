"""Storage operations, boto3 and Cloudinary's SDK through Usher; started by scripts/e2e-storage, which installs them."""

import argparse
import hashlib
import io
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
import cloudinary
import cloudinary.api
import cloudinary.uploader
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from peers import (MOTO_BUCKET, MOTO_KEY, MOTO_REGION, MOTO_SECRET, Check, Vendor, ask, call, expect, moto,
                   moto_integration, sandbox, wait_until)
from postgres_server import DATABASE, PostgresServer
from usher_process import Usher

MEBIBYTE = 1 << 20
# Beyond what Usher may hold of a file of 5 GiB: its memory before, and this much more.
GROWTH_MAX = 192 * MEBIBYTE
SPARSE_BYTES = 5 * 1024 * MEBIBYTE


def keep(usher: Usher, content: bytes, media_type: str = "image/jpeg", owner: str | None = None) -> str:
    status, _, text = ask(usher, "POST", "/api/content", content, {"Content-Type": media_type}, key=owner)
    if status != 201:
        raise RuntimeError(f"POST /api/content: {status} {text[:300]!r}")
    return re.search(rb'cnt_[a-z0-9]+', text).group().decode()


def object_path(integration: str, key: str) -> str:
    return f"/api/objects/{integration}?key={urllib.parse.quote(key, safe='')}"


class Proof:
    def __init__(self, usher: Usher, vendors: dict[str, Vendor], judge: str):
        self.usher, self.vendors, self.judge = usher, vendors, judge
        self.check = Check()

    def route(self, *names: str) -> None:
        expect(self.usher, 200, "PUT", "/api/routes/storage", {"order": list(names), "strategy": "immediate"})

    def operations(self) -> None:
        """Each storage operation against moto, whose requests the judge has let through."""
        usher, check = self.usher, self.check
        self.route("moto")
        small, key = os.urandom(300_000), "garcia/Été 1+1 & #2.jpg"
        done = call(usher, "storage.upload", {"key": key, "content": keep(usher, small)}, "small")
        check("an upload is stored", done["state"] == "succeeded" and done["reply"]["bytes"] == len(small), done)
        check("with its MD5 as the tag", done["reply"]["etag"] == hashlib.md5(small).hexdigest(), done)
        head = call(usher, "storage.head", {"key": key})
        check("and is looked at", head["reply"]["bytes"] == len(small), head)
        large = os.urandom(1024) * (40 * 1024)
        done = call(usher, "storage.upload", {"key": "garcia/film.mp4", "content": keep(usher, large, "video/mp4")}, "large")
        check("40 MiB are stored in three parts", done["state"] == "succeeded" and done["reply"]["etag"].endswith("-3"), done)
        for name, content in ((key, small), ("garcia/film.mp4", large)):
            told = call(usher, "storage.download", {"key": name})["reply"]["url"]
            path = told.removeprefix(told.split("/api/")[0])
            status, headers, body = ask(usher, "GET", path)
            check(f"{name} is read where the call says", status == 200 and body == content, (status, told, len(body)))
            check("judged by its SHA-256", headers.get("usher-checked") == "sha256", headers)
        status, headers, body = ask(usher, "GET", object_path("moto", "garcia/film.mp4"), headers={"Range": "bytes=16777210-16777221"})
        check("a range over two parts is read", status == 206 and body == large[16777210:16777222], (status, headers))
        check("a missing object is 404", ask(usher, "GET", object_path("moto", "nothing"))[0] == 404)
        again = {"key": key, "content": keep(usher, b"other"), "overwrite": False}
        refused = call(usher, "storage.upload", again, "again")
        check("nothing is replaced without leave", refused["state"] == "refused" and refused["failure"]["code"] == "exists", refused)
        fresh = call(usher, "storage.upload", again | {"key": "garcia/new.txt"}, "fresh")
        check("and with nothing there it is stored", fresh["state"] == "succeeded", fresh)
        url = call(usher, "storage.presign", {"key": key, "expires_in": 60})["reply"]["url"]
        check("a presigned URL passes the judge", urllib.request.urlopen(url, timeout=10).read() == small, url)
        put = call(usher, "storage.presign", {"key": "garcia/put.txt", "purpose": "upload"})["reply"]["url"]
        request = urllib.request.Request(put, data=b"hello", method="PUT", headers={"Content-Type": ""})
        urllib.request.urlopen(request, timeout=10).close()
        check("and one for an upload", ask(usher, "GET", object_path("moto", "garcia/put.txt"))[2] == b"hello")
        try:
            urllib.request.urlopen(url.replace("Expires=60", "Expires=61"), timeout=10).close()
            check("a changed URL is refused by the judge", False)
        except urllib.error.HTTPError as error:
            check("a changed URL is refused by the judge", error.code == 403, error)
        gone = call(usher, "storage.delete", {"key": key}, "gone")
        check("an object is removed", gone["state"] == "succeeded" and not call(usher, "storage.head", {"key": key})["reply"]["exists"], gone)

    def boto(self) -> None:
        """boto3 with another credential: Usher signs anew, and the judge lets it through."""
        check = self.check
        client = boto3.client(
            "s3", endpoint_url=f"{self.usher.url}/api/proxy/moto", region_name=MOTO_REGION,
            aws_access_key_id="AKIASOMEBODYELSE0000", aws_secret_access_key="not-the-secret",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}))
        client.meta.events.register(
            "before-send.s3", lambda request, **_: request.headers.__setitem__("Usher-Key", self.usher.key))
        body = os.urandom(200_000)
        client.put_object(Bucket=MOTO_BUCKET, Key="boto/a é+1.jpg", Body=body, ContentType="image/jpeg", Metadata={"photo": "1"})
        found = client.get_object(Bucket=MOTO_BUCKET, Key="boto/a é+1.jpg")
        check("boto3 puts and gets through the proxy", found["Body"].read() == body and found["Metadata"] == {"photo": "1"}, found)
        listed = client.list_objects_v2(Bucket=MOTO_BUCKET, Prefix="boto/", Delimiter="/")
        check("and lists with a query", [item["Key"] for item in listed["Contents"]] == ["boto/a é+1.jpg"], listed)
        film = os.urandom(1024) * (18 * 1024)
        transfer = TransferConfig(multipart_threshold=6 * MEBIBYTE, multipart_chunksize=6 * MEBIBYTE)
        client.upload_fileobj(io.BytesIO(film), MOTO_BUCKET, "boto/film.mp4", Config=transfer)
        head = client.head_object(Bucket=MOTO_BUCKET, Key="boto/film.mp4")
        check("and uploads in parts", head["ContentLength"] == len(film) and head["ETag"].endswith('-3"'), head)
        status, headers, read = ask(self.usher, "GET", object_path("moto", "boto/film.mp4"))
        check("whose parts are not Usher's: judged by length", status == 200 and read == film and headers["usher-checked"] == "length", headers)
        target = io.BytesIO()
        client.download_fileobj(MOTO_BUCKET, "boto/film.mp4", target, Config=transfer)
        check("and downloads in ranges", target.getvalue() == film)
        for name, more in (("If-None-Match", {"IfNoneMatch": "*"}), ("If-Match", {"IfMatch": '"' + "0" * 32 + '"'})):
            try:
                client.put_object(Bucket=MOTO_BUCKET, Key="boto/film.mp4", Body=b"x", **more)
                check(f"{name} is heeded", False)
            except ClientError as error:
                check(f"{name} is heeded", error.response["Error"]["Code"] == "PreconditionFailed", error)
        client.put_object(Bucket=MOTO_BUCKET, Key="boto/film.mp4", Body=b"x", IfMatch=head["ETag"])
        client.delete_object(Bucket=MOTO_BUCKET, Key="boto/film.mp4")
        try:
            client.list_objects_v2(Bucket="somebody-elses")
            check("another bucket is refused", False)
        except ClientError as error:
            check("another bucket is refused", error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error)

    def cloudinary_library(self) -> None:
        """Cloudinary's SDK, once with Usher's key as its OAuth token, once signing with a secret that is none."""
        check, cloud = self.check, self.vendors["cloudinary"].credential["cloud"]
        prefix = f"{self.usher.url}/api/proxy/media"
        cloudinary.config(cloud_name=cloud, upload_prefix=prefix, oauth_token=self.usher.key)
        photo = os.urandom(400_000)
        made = cloudinary.uploader.upload(io.BytesIO(photo), public_id="sdk/1 é", tags=["garcia", "church"], context={"by": "anna & co"})
        check("Cloudinary's SDK uploads through the proxy", made["etag"] == hashlib.md5(photo).hexdigest() and made["bytes"] == len(photo), made)
        shown = cloudinary.api.resource("sdk/1 é", context=True)
        check("and reads the asset with its context", shown["context"]["custom"] == {"by": "anna & co"}, shown)
        cloudinary.reset_config()
        cloudinary.config(cloud_name=cloud, upload_prefix=prefix, api_key="1", api_secret="not-the-secret")
        film = os.urandom(1024) * (12 * 1024)
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(film)
            file.flush()
            made = cloudinary.uploader.upload_large(
                file.name, public_id="sdk/film", resource_type="video", chunk_size=6 * MEBIBYTE,
                extra_headers={"Usher-Key": self.usher.key})
        check("and uploads in chunks, signed with no secret of ours", made.get("bytes") == len(film), made)
        gone = cloudinary.uploader.destroy("sdk/film", resource_type="video", extra_headers={"Usher-Key": self.usher.key})
        check("and destroys", gone["result"] == "ok", gone)
        cloudinary.config(cloud_name="somebody-elses")
        # The SDK takes any JSON without `error` for an asset, whatever the status.
        refused = cloudinary.uploader.upload(io.BytesIO(photo), extra_headers={"Usher-Key": self.usher.key})
        check("another cloud is refused", refused.get("code") == "account-foreign" and refused["sent"] is False, refused)

    def photographer(self) -> None:
        """A photographer's evening: the store is down, the photo goes elsewhere, Usher is killed, and it comes back."""
        usher, check = self.usher, self.check
        store = self.vendors["aws-s3"]
        self.route("store", "media")
        expect(usher, 201, "POST", "/api/vendors", {"name": "lucia-photo", "title": "Lucía"})
        owner = expect(usher, 201, "POST", "/api/keys", {"label": "lucia", "level": "write", "vendor": "lucia-photo"})["key"]
        photos = {f"garcia/{number:04}.jpg": os.urandom(700_000) for number in range(3)}
        store.fail({"kind": "refuse"})
        ids = []
        for number, (key, photo) in enumerate(photos.items()):
            done = call(usher, "storage.upload", {"key": key, "content": keep(usher, photo, owner=owner)}, f"photo-{number}", owner=owner)
            check(f"{key} is stored while the store is down", done["state"] == "succeeded" and done["integration"] == "media", done)
            ids.append(done["id"])
            told = call(usher, "storage.download", {"key": key}, owner=owner)["reply"]["url"]
            status, _, body = ask(usher, "GET", told.removeprefix(told.split("/api/")[0]), key=owner)
            check("and its vendor reads it there", status == 200 and body == photo, (status, told))
        owed = expect(usher, 200, "GET", "/api/content-debts?state=owed", key=owner)["data"]
        check("what has to go back is on record", {debt["key"] for debt in owed} == set(photos), owed)
        usher.kill()
        usher.start()
        usher.wait_ready()
        store.mend()
        wait_until("the photos to be copied back", 180, lambda: len(
            expect(usher, 200, "GET", "/api/content-debts?state=settled")["data"]) == len(photos))
        check("after a kill -9 every photo came back to the store", True)
        for key, photo in photos.items():
            ends = [ask(usher, "GET", object_path(name, key))[2] == photo for name in ("store", "media")]
            check(f"{key} is the same at both ends", ends == [True, True], ends)
        shown = expect(usher, 200, "GET", f"/api/calls/{ids[0]}")
        check("and the call tells of it", shown["copy_back"]["state"] == "settled" and shown["copy_back"]["belongs_at"] == "store", shown["copy_back"])
        made = [entry["id"] for entry in store.ledger() if entry["kind"] == "object"]
        check("each photo was stored there once", sorted(made) == sorted(photos), made)


    def nodes(self, other: Usher, server: PostgresServer) -> None:
        """What one node keeps, the other uploads; and nothing of it stays."""
        check, photo = self.check, os.urandom(3 * MEBIBYTE + 5)
        self.route("moto")
        kept = keep(self.usher, photo)
        frames = lambda: int(server.query(DATABASE, "SELECT count(*) FROM content_frames"))
        check("the frames are in the database", frames() >= 4, frames())
        done = call(other, "storage.upload", {"key": "garcia/nodes.jpg", "content": kept}, "nodes")
        check("another node uploads what the first has kept", done["state"] == "succeeded", done)
        status, _, body = ask(self.usher, "GET", object_path("moto", "garcia/nodes.jpg"))
        check("and it is whole", status == 200 and body == photo, (status, len(body)))
        check("the folder of content is not made", not (self.usher.data / "content").exists())


def memory(pid: int, field: str) -> int:
    """A process's memory in bytes, as Linux has it: `VmRSS` now, `VmHWM` at most."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", text, re.M).group(1)) * 1024


def sparse(usher: Usher, processes: dict[str, int], check: Check, folder: pathlib.Path) -> None:
    """5 GiB of a sparse file, up and down, with bounded memory."""
    file = folder / "sparse.bin"
    with file.open("wb") as out:
        out.truncate(SPARSE_BYTES)
    before = {name: memory(pid, "VmRSS") for name, pid in processes.items()}
    started = time.monotonic()
    with file.open("rb") as content:
        request = urllib.request.Request(usher.url + "/api/content", data=content, method="POST", headers={
            "Authorization": f"Bearer {usher.key}", "Content-Type": "video/mp4", "Content-Length": str(SPARSE_BYTES)})
        with urllib.request.urlopen(request, timeout=1_800) as answer:
            kept = re.search(rb"cnt_[a-z0-9]+", answer.read()).group().decode()
    print(f"     kept after {time.monotonic() - started:.0f} s", flush=True)
    # Longer than a caller waits, so that the call goes on by itself.
    body = {"capability": "storage", "operation": "upload", "mode": "async", "input": {"key": "garcia/long.mp4", "content": kept}}
    made = expect(usher, 202, "POST", "/api/calls", body, headers={"Idempotency-Key": "sparse"})
    done = wait_until("the upload", 1_800, lambda: (
        found := expect(usher, 200, "GET", f"/api/calls/{made['id']}"))["state"] not in ("queued", "working") and found)
    check("5 GiB are stored in 320 parts", done["state"] == "succeeded" and done["reply"]["etag"].endswith("-320"), done)
    print(f"     stored after {time.monotonic() - started:.0f} s", flush=True)
    request = urllib.request.Request(usher.url + object_path("store", "garcia/long.mp4"), headers={"Authorization": f"Bearer {usher.key}"})
    count, isRight = 0, True
    zeros = bytes(MEBIBYTE)
    with urllib.request.urlopen(request, timeout=60) as answer:
        checked = answer.headers["usher-checked"]
        while piece := answer.read(MEBIBYTE):
            count += len(piece)
            isRight = isRight and piece == zeros[:len(piece)]
    check("and read back whole, judged by their SHA-256", count == SPARSE_BYTES and isRight and checked == "sha256", (count, checked))
    print(f"     read after {time.monotonic() - started:.0f} s", flush=True)
    for name, pid in processes.items():
        peak = memory(pid, "VmHWM")
        check(f"{name} never held more than {(before[name] + GROWTH_MAX) >> 20} MiB", peak <= before[name] + GROWTH_MAX, f"{peak >> 20} MiB")
        print(f"     {name}: {before[name] >> 20} MiB before, {peak >> 20} MiB at most", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build/debug/usher", help="the binary to test")
    parser.add_argument("--sparse", action="store_true", help="5 GiB of a sparse file in place of everything else")
    parser.add_argument("--postgres", action="store_true", help="two nodes on one PostgreSQL in place of one on SQLite")
    arguments = parser.parse_args()
    os.environ.pop("HTTP_PROXY", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-e2e-storage-"))
    server = PostgresServer(folder) if arguments.postgres else None
    if server:
        server.create()
        server.start()
    # Both nodes have one data folder, for the root key in it.
    nodes = [Usher(arguments.usher, folder, {}, {}, {}, folder / "data", name, server.url if server else None)
             for name in (["usher", "other"] if server else ["usher"])]
    usher = nodes[0]
    try:
        with sandbox(usher.binary, ["aws-s3", "cloudinary"]) as (process, vendors):
            for node in nodes:
                node.start()
                node.wait_ready()
                # The key of the first start is told once.
                node.key = usher.key
            for name, vendor in (("store", vendors["aws-s3"]), ("media", vendors["cloudinary"])):
                expect(usher, 201, "POST", "/api/integrations", {"name": name} | vendor.integration)
            if arguments.sparse:
                check = Check()
                expect(usher, 200, "PUT", "/api/routes/storage", {"order": ["store"], "strategy": "immediate"})
                sparse(usher, {"usher": usher.process.pid, "the sandbox": process.pid}, check, folder)
            else:
                with moto(folder) as judge:
                    boto3.client("s3", endpoint_url=judge, region_name=MOTO_REGION, aws_access_key_id=MOTO_KEY,
                                 aws_secret_access_key=MOTO_SECRET).create_bucket(
                        Bucket=MOTO_BUCKET, CreateBucketConfiguration={"LocationConstraint": MOTO_REGION})
                    expect(usher, 201, "POST", "/api/integrations", {"name": "moto"} | moto_integration(judge))
                    proof = Proof(usher, vendors, judge)
                    proof.operations()
                    proof.boto()
                    proof.cloudinary_library()
                    proof.photographer()
                    if server:
                        proof.nodes(nodes[1], server)
                    check = proof.check
            for node in nodes:
                node.stop()
    finally:
        for node in nodes:
            node.kill()
        if server:
            server.stop()
        (folder / "sparse.bin").unlink(missing_ok=True)
    print(f"e2e-storage: {check.passed} passed, {check.failed} failed")
    if not check.failed:
        shutil.rmtree(folder)
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
