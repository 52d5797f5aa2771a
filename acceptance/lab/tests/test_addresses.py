"""Addresses are the same on every machine, and never two hosts have one."""

import unittest

from lablib import addresses
from lablib.shell import LabError


class Addresses(unittest.TestCase):
    def test_numbered_names_have_their_place(self):
        for name, last in (("cp1", 11), ("cp20", 30), ("w1", 31), ("w69", 99)):
            self.assertEqual(addresses.address(name, {}), f"10.77.0.{last}")

    def test_numbers_never_share_an_address(self):
        names = [f"cp{n}" for n in range(1, 21)] + [f"w{n}" for n in range(1, 70)]
        self.assertEqual(len({addresses.address(name, {}) for name in names}), len(names))

    def test_other_names_get_free_ones_and_keep_them(self):
        taken: dict[str, str] = {}
        for name in ("cp0", "cp21", "w70", "bastion", "w"):
            taken[name] = addresses.address(name, taken)
        self.assertEqual(sorted(taken.values()), [f"10.77.0.{last}" for last in range(100, 105)])
        self.assertEqual(addresses.address("w70", taken), taken["w70"])

    def test_a_full_network_is_said_to_be_full(self):
        with self.assertRaisesRegex(LabError, "no free address"):
            addresses.address("one", {str(n): f"10.77.0.{n}" for n in range(100, 255)})

    def test_names_that_make_no_interface_are_refused(self):
        for name in ("", "1cp", "CP1", "a_b", "a/b", "x" * 14):
            with self.assertRaises(LabError, msg=name):
                addresses.address(name, {})

    def test_a_hardware_address_names_the_host(self):
        self.assertEqual(addresses.mac("10.77.0.254"), "02:77:00:00:00:fe")
