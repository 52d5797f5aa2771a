"""An artefact is built once for the same inputs, and is whole or not there."""

import os
import tempfile
import threading
import time
import unittest
from pathlib import Path

from lablib import artefact
from lablib.artefact import Artefact


class Artefacts(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        os.environ["KUBEADM_LAB_CACHE"] = directory.name
        self.addCleanup(os.environ.pop, "KUBEADM_LAB_CACHE")
        self.built = 0

    def make(self, out: Path) -> None:
        self.built += 1
        time.sleep(0.05)
        (out / "content").write_text("whole", encoding="utf-8")

    def test_is_built_once_also_when_asked_for_at_once(self):
        threads = [threading.Thread(target=Artefact("a", ("1",), self.make).ensure) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.built, 1)

    def test_any_input_changes_the_key(self):
        different = (("a", ("1", "2")), ("a", ("12",)), ("a", ("1",)), ("a1", ("2",)), ("a", ("2", "1")))
        keys = {Artefact(name, inputs, self.make).key for name, inputs in different}
        self.assertEqual(len(keys), 5)

    def test_a_failed_build_leaves_nothing_to_use_and_is_tried_again(self):
        def fail(out: Path) -> None:
            (out / "content").write_text("half", encoding="utf-8")
            raise OSError("disk full")

        with self.assertRaises(OSError):
            Artefact("a", ("1",), fail).ensure()
        finished = Artefact("a", ("1",), self.make).ensure()
        self.assertEqual((finished / "content").read_text(encoding="utf-8"), "whole")

    def test_only_long_unused_versions_are_removed(self):
        old, recent = (Artefact("a", (text,), self.make).ensure() for text in ("old", "recent"))
        neighbour = Artefact("a-b", ("old",), self.make).ensure()
        for path in (old, neighbour):
            os.utime(path, (0, time.time() - artefact.UNUSED_SECONDS - 60))
        Artefact("a", ("new",), self.make).ensure()
        self.assertEqual([path.exists() for path in (old, recent, neighbour)], [False, True, True])
