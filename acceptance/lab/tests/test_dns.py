"""The name server answers at once, with the truth about the lab and nothing else."""

import struct
import unittest

from lablib import dns

HOSTS = {"cp1": "10.77.0.11"}


def query(name: str, kind: int = dns.TYPE_A) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    return dns.HEADER.pack(7, dns.RECURSION_DESIRED, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)


class Answers(unittest.TestCase):
    def test_a_host_has_its_address(self):
        for name in ("cp1", "CP1"):
            reply = dns.answer(query(name), HOSTS)
            self.assertEqual(dns.HEADER.unpack_from(reply)[:4], (7, dns.FLAGS | dns.RECURSION_DESIRED, 1, 1))
            self.assertTrue(reply.endswith(bytes([0, 4, 10, 77, 0, 11])))

    def test_a_host_has_no_other_kind_of_address(self):
        reply = dns.answer(query("cp1", kind=28), HOSTS)
        self.assertEqual((reply[3] & 15, dns.HEADER.unpack_from(reply)[3]), (dns.NO_ERROR, 0))

    def test_all_else_does_not_exist(self):
        for name in ("w1", "registry.example", "cp1.example"):
            self.assertEqual(dns.answer(query(name), HOSTS)[3] & 15, dns.NO_SUCH_NAME)

    def test_what_comes_damaged_is_refused_or_ignored(self):
        whole = query("cp1")
        for length in range(len(whole)):
            reply = dns.answer(whole[:length], HOSTS)
            self.assertTrue(reply is None or reply[3] & 15 == dns.FORMAT_ERROR, length)

    def test_answers_are_not_answered(self):
        self.assertIsNone(dns.answer(dns.answer(query("cp1"), HOSTS), HOSTS))
