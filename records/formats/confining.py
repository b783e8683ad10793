"""What a process that reads files of strangers may still ask of the kernel: memory, the time, and its two pipes.

Limits alone would leave it the right of its account: to signal the house's processes, to read their memory, to open a
connection where a descriptor is free. A filter of system calls (seccomp, ``man 2 seccomp``) takes all of that away, for
good: every call that is not listed answers EPERM, and no new program can be started.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

_NO_NEW_PRIVILEGES = 38
_SECCOMP, _FILTER = 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1

# Per machine: how the kernel names it (AUDIT_ARCH), and the numbers of what is allowed there.
_CALLS = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
            "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "readv": 19, "writev": 20,
            "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "exit": 60, "gettimeofday": 96,
            "sigaltstack": 131, "gettid": 186, "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228,
            "clock_nanosleep": 230, "exit_group": 231, "set_robust_list": 273, "getrandom": 318, "membarrier": 324,
            "rseq": 334,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "read": 63, "write": 64, "close": 57, "fstat": 80, "lseek": 62, "mmap": 222, "mprotect": 226,
            "munmap": 215, "brk": 214, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "readv": 65,
            "writev": 66, "sched_yield": 124, "mremap": 216, "madvise": 233, "getpid": 172, "exit": 93,
            "gettimeofday": 169, "sigaltstack": 132, "gettid": 178, "futex": 98, "sched_getaffinity": 123,
            "clock_gettime": 113, "clock_nanosleep": 115, "exit_group": 94, "set_robust_list": 99, "getrandom": 278,
            "membarrier": 283, "rseq": 293,
        },
    ),
}  # fmt: skip

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_MACHINE = 0, 4
# The 32-bit face of x86_64 has numbers of its own, from here on.
_X32 = 0x40000000


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def confine() -> None:
    """Let this process ask for nothing more than it needs to answer. There is no way back.

    On a system without such filters (anything but Linux on these machines) it does nothing.

    Raises:
        OSError: the kernel refused the filter: nothing of a stranger is read then.
    """
    known = _CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return
    steps = _steps(*known)
    held = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def _steps(machine: int, calls: dict[str, int]) -> bytes:
    numbers = sorted(calls.values())
    count = len(numbers)
    steps = [
        (_LOAD, 0, 0, _AT_MACHINE),
        (_EQUAL, 0, count + 2, machine),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_AT_LEAST, count, 0, _X32),
        *((_EQUAL, count - at, 0, number) for at, number in enumerate(numbers)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
