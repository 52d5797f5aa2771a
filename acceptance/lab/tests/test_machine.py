"""What is read from the machine: package sources, control groups, processes."""

import errno
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lablib import cgroups, machine, processes
from lablib.machine import Source


class Sources(unittest.TestCase):
    LISTING = "\n".join((
        "Packages|Debian|https://mirror.example/debian|bookworm|main",
        "Packages|Debian|https://mirror.example/debian|bookworm|contrib",
        "Packages|Debian|https://mirror.example/debian|bookworm|main",
        "DEP-11|Debian|https://mirror.example/debian|bookworm|non-free",
        "Packages|Debian|http://mirror.example/security|bookworm-security|main",
        "Packages|Debian|http://mirror.example/debian|trixie|main",
        "Packages|Somebody|http://other.example/apt|bookworm|main",
    ))

    def test_only_the_hosts_release_of_the_distribution_counts(self):
        self.assertEqual(machine.parse_targets(self.LISTING), [
            Source("http://mirror.example/security", "bookworm-security", ("main",)),
            Source("https://mirror.example/debian", "bookworm", ("main", "contrib")),
        ])

    def test_hosts_use_plain_http(self):
        line = Source("https://mirror.example/debian", "bookworm", ("main", "contrib")).line
        self.assertEqual(line, "deb http://mirror.example/debian bookworm main contrib")


class Groups(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.mount = Path(directory.name)

    def group(self, path: str) -> Path:
        group = self.mount / path
        group.mkdir(parents=True)
        (group / "cgroup.procs").touch()
        return group

    def test_every_kind_of_hierarchy_is_found(self):
        for path in ("memory", "systemd", "unified"):
            self.group(path)
        for line, path in (("4:memory:/a/b", "memory/a/b"), ("9:name=systemd:/", "systemd"), ("0::/c", "unified/c")):
            expected = self.mount / path
            expected.mkdir(parents=True, exist_ok=True)
            self.assertEqual(cgroups.group_of(line, self.mount), expected)

    def test_the_one_hierarchy_of_version_2(self):
        (self.mount / "cgroup.procs").touch()
        own = self.group("user.slice")
        self.assertEqual(cgroups.group_of("0::/user.slice", self.mount), own)

    def test_what_is_not_mounted_is_left_out(self):
        self.assertIsNone(cgroups.group_of("2:net_cls:/", self.mount))

    def test_a_group_may_go_while_it_is_read(self):
        group = self.group("host")
        (group / "cgroup.procs").write_text("7\n9\n", encoding="utf-8")
        self.assertEqual(cgroups.members([group]), {7, 9})
        for number in (errno.ENOENT, errno.ENODEV):
            with mock.patch.object(Path, "read_text", side_effect=OSError(number, "gone")):
                self.assertEqual(cgroups.members([group]), set())
        with mock.patch.object(Path, "read_text", side_effect=OSError(errno.EIO, "broken")), self.assertRaises(OSError):
            cgroups.members([group])


class Processes(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "pid"

    def test_a_recorded_process_is_recognised_and_ended(self):
        with subprocess.Popen(["sleep", "60"]) as sleeper:
            processes.record(self.file, sleeper.pid)
            self.assertEqual(processes.recorded(self.file), sleeper.pid)
            processes.end(self.file, grace_seconds=5)
            self.assertIsNone(processes.recorded(self.file))
        self.assertEqual(sleeper.returncode, -15)

    def test_another_process_with_the_same_id_is_left_alone(self):
        processes.record(self.file, os.getpid())
        pid, start, boot = self.file.read_text(encoding="utf-8").split()
        self.file.write_text(f"{pid} {int(start) - 1} {boot}", encoding="utf-8")
        self.assertIsNone(processes.recorded(self.file))
        processes.end(self.file, grace_seconds=0)

    def test_no_record_is_no_process(self):
        self.assertIsNone(processes.recorded(self.file))
        processes.record(self.file, 2**22 + 1)
        self.assertIsNone(processes.recorded(self.file))
