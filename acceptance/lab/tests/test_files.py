"""Image layers, file listings and the mirror's cache."""

import os
import tarfile
import tempfile
import time
import unittest
from io import BytesIO
from pathlib import Path

from lablib import imagetar, listing, mirror
from lablib.imagetar import Image


class InDirectory(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


class Layers(InDirectory):
    def image(self) -> Image:
        program = self.write("program", "p")
        self.write("tree/usr/bin/tool", "t")
        self.write("tree/usr/bin/program", "other")
        return Image(("n:1",), ((program, "/usr/bin/program"), (self.root / "tree", "/")), ("program",),
                     (("/usr/bin/tool", "program"), ("/bin/sh", "../usr/bin/tool")))

    def test_each_path_is_named_once_and_after_its_directory(self):
        names = tarfile.open(fileobj=BytesIO(imagetar.pack_layer(self.image()))).getnames()
        self.assertEqual(sorted(names), ["bin", "bin/sh", "usr", "usr/bin", "usr/bin/program", "usr/bin/tool"])
        for name in names:
            parent = os.path.dirname(name)
            self.assertTrue(not parent or names.index(parent) < names.index(name), names)

    def test_what_is_named_first_wins(self):
        archive = tarfile.open(fileobj=BytesIO(imagetar.pack_layer(self.image())))
        self.assertEqual(archive.extractfile("usr/bin/program").read(), b"p")
        self.assertTrue(archive.getmember("usr/bin/tool").isfile())

    def test_equal_contents_have_equal_bytes(self):
        first = imagetar.pack_layer(self.image())
        os.utime(self.root / "program", (1, 1))
        self.assertEqual(imagetar.pack_layer(self.image()), first)


class Listings(InDirectory):
    def test_a_change_of_content_mode_or_target_shows(self):
        self.write("etc/file", "a")
        (self.root / "etc/link").symlink_to("file")
        self.write("proc/1/status", "ignored")
        self.write("var/run/kept", "")
        before = list(listing.lines(self.root))
        self.assertEqual([line.split("\t")[0] for line in before],
                         ["/etc", "/etc/file", "/etc/link", "/var", "/var/run", "/var/run/kept"])
        for change in (lambda: self.write("etc/file", "b"), lambda: (self.root / "etc/file").chmod(0o600)):
            change()
            after = list(listing.lines(self.root))
            self.assertEqual(len(set(before) ^ set(after)), 2)
            before = after


class Freshness(InDirectory):
    def test_packages_never_age_and_indexes_do(self):
        file = self.write("cached", "")
        os.utime(file, (0, 0))
        later = time.time() + mirror.FRESH_SECONDS + 1
        original, time.time = time.time, lambda: later
        self.addCleanup(setattr, time, "time", original)
        self.assertTrue(mirror.is_fresh(file, "/pool/a.deb"))
        self.assertTrue(mirror.is_fresh(file, "/dists/x/by-hash/SHA256/00"))
        self.assertFalse(mirror.is_fresh(file, "/dists/x/InRelease"))

    def test_what_was_just_validated_is_fresh_however_old_it_is(self):
        file = self.write("cached", "")
        os.utime(file, (0, 0))
        self.assertTrue(mirror.is_fresh(file, "/dists/x/InRelease"))
        self.assertFalse(mirror.is_fresh(self.root / "absent", "/pool/a.deb"))
