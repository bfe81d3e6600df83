#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes libraries whose call frame information real ones lack, for cfi_oracle.py.

    cfi_fixtures.py COMPILER FOLDER

Assembler with directives (gas writes the tables), assembler with tables by hand, C that makes the
compiler realign its frames, and the same code by other linkers. What a tool here can't make is left
out, and said so; exits with 77 if nothing could be made.
"""
import pathlib
import subprocess
import sys


def function(name, *lines):
    """Each line is an instruction of 1 byte, a directive, or a number of bytes to skip."""
    body = "\n".join(f"    .skip {line}, 0x90" if isinstance(line, int) else
                     f"    {line}" if line.startswith(".") else f"    nop; {line}"
                     for line in lines)
    return f"""
    .globl {name}
    .hidden {name}
    .type {name}, @function
{name}:
    .cfi_startproc
{body}
    .cfi_endproc
    .size {name}, . - {name}
"""


def escape(*numbers):
    return ".cfi_escape " + ", ".join(map(str, numbers))


def plt(first, mask=15, shift=3):
    return escape(0x0f, 11, 0x77, 8, 0x80, 0, 0x30 + mask, 0x1a, 0x30 + first, 0x2a, 0x30 + shift,
                  0x24, 0x22)


FP_AT_FP = escape(0x10, 6, 2, 0x76, 0)
DIRECTIVES = "    .text\n" + "".join((
    function("advances", 1, ".cfi_def_cfa_offset 16", 62, ".cfi_def_cfa_offset 24", 255,
             ".cfi_def_cfa_offset 32", 300, ".cfi_def_cfa_offset 40", 70000,
             ".cfi_def_cfa_offset 48", 1),
    function("nested", 1, ".cfi_def_cfa_offset 16", ".cfi_offset rbp, -16", 1,
             ".cfi_remember_state", ".cfi_def_cfa_register rbp", 3, ".cfi_remember_state",
             ".cfi_def_cfa r10, 0", ".cfi_undefined rip", 2, ".cfi_remember_state",
             ".cfi_def_cfa rsp, 64", ".cfi_restore rip", ".cfi_offset rbp, -48", 4,
             ".cfi_restore_state", 1, ".cfi_restore_state", 1, ".cfi_restore_state", 1),
    function("deep", *[line for depth in range(6) for line in
                       (1, ".cfi_remember_state", f".cfi_def_cfa_offset {16 + 8 * depth}")],
             *[line for _ in range(6) for line in (1, ".cfi_restore_state")], 1),
    function("outermost", 2, ".cfi_undefined rip", 2),
    function("no_frame", ".cfi_undefined rip", 2, ".cfi_restore rip", 2),
    function("ra_elsewhere", 1, ".cfi_register rip, rdx", 1, ".cfi_offset rip, -16", 1,
             ".cfi_offset rip, -8", 1, ".cfi_val_offset rip, -8", 1),
    function("fp_elsewhere", 1, ".cfi_register rbp, rax", 1, ".cfi_val_offset rbp, -16", 1,
             escape(0x15, 6, 2), 1, escape(0x16, 6, 2, 0x77, 8), 1, escape(0x10, 6, 2, 0x77, 8), 1,
             ".cfi_same_value rbp", 1, ".cfi_offset rbp, 16", 1,
             ".cfi_offset rbp, -24", 1, ".cfi_restore rbp", 1),
    function("sp_elsewhere", 1, ".cfi_offset rsp, -24", 1, ".cfi_register rsp, r8", 1),
    function("extended", escape(5, 6, 2), 1, escape(6, 6), 1, escape(0x11, 6, 4), 1,
             escape(0x11, 6, 0x7c), 1, escape(0x2f, 6, 3), 1),
    function("signed", escape(0x12, 7, 0x7c), 1, escape(0x13, 0x78), 1, escape(0x12, 6, 4), 1,
             escape(0x13, 0x7f), 1),
    function("arguments", escape(0x2e, 0x90, 1), 1, ".cfi_def_cfa_offset 24", 1, escape(0x2e, 0)),
    function("padded", escape(0x0e, 0x90, 0x80, 0x80, 0x00), 1, escape(0x12, 7, 0xfd, 0xff, 0x7f)),
    function("registers", ".cfi_def_cfa r10, 8", 1, ".cfi_def_cfa_register rbx", 1,
             ".cfi_def_cfa r15, 0", 1, ".cfi_def_cfa xmm3, 8", 1, ".cfi_def_cfa rbp, 32", 1,
             ".cfi_adjust_cfa_offset 8", 1, ".cfi_def_cfa_offset 12", 1),
    function("signal", ".cfi_signal_frame", 3, ".cfi_def_cfa_offset 160", 3),
    function("personal", ".cfi_personality 0x9b, pointer", ".cfi_lsda 0x1b, data", 3,
             ".cfi_def_cfa_offset 32", 3),
    function("personal_absolute", ".cfi_personality 0x1b, advances", 3, ".cfi_def_cfa_offset 32"),
    "    .p2align 6\n",
    function("plt", ".cfi_def_cfa_offset 16", 6, ".cfi_def_cfa_offset 24", 10, plt(11), 64),
    function("plt_ibt", ".cfi_def_cfa_offset 16", 16, plt(10), 64),
    function("plt_other", plt(5), 32, plt(0), 32, plt(15), 32),
    function("no_plt", plt(11, mask=7), 16, plt(11, shift=2), 16, escape(0x0f, 2, 0x7a, 8), 4,
             escape(0x0f, 3, 0x77, 8, 0x06), 4, escape(0x0f, 2, 0x77, 24), 4,
             escape(0x0f, 2, 0x76, 32), 4, ".cfi_def_cfa rsp, 8", 4),
    function("realigned", 5, ".cfi_def_cfa r10, 0", 8, FP_AT_FP, 4, escape(0x0f, 3, 0x76, 0x78, 6),
             9, ".cfi_remember_state", ".cfi_def_cfa r10, 0", 2, ".cfi_def_cfa rsp, 8", 1,
             ".cfi_restore_state", 7),
    function("not_realigned", escape(0x0f, 3, 0x76, 0x78, 6), 2, ".cfi_offset rbp, -16", 2,
             escape(0x10, 6, 2, 0x76, 8), 2, escape(0x10, 6, 2, 0x77, 0), 2),
    function("register_behind_expression", ".cfi_def_cfa_offset 56", 2,
             escape(0x0f, 5, 0x77, 0x98, 4, 6, 0x23, 8), 3, ".cfi_def_cfa_register rsp", 3,
             ".cfi_def_cfa_offset 48", 3),
    """
    .data
    .p2align 3
pointer: .quad advances
data: .quad 0
    .section .note.GNU-stack,"",@progbits
"""))


# ld reads no 64-bit lengths: one CIE with such, and it makes no table.
WIDE_CIE = """
    .section .eh_frame, "a", @unwind
    .long 0xffffffff
    .quad 24
    .quad 0
    .byte 1, 0, 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1, 0, 0, 0, 0, 0, 0
"""


def by_hand(version=1, letters="zR", encoding=0x1b, pc=".long {0} - .", length=".long {0}",
            data=None, code="0x0c, 7, 8, 0x90, 1"):
    """A CIE of this kind and an FDE for each of three functions."""
    data = f"1, {encoding}" if data is None else data
    text = f"""
    .section .eh_frame, "a", @unwind
cie_at:
    .long cie_end - cie
cie:
    .long 0
    .byte {version}
    .asciz "{letters}"
    {".byte 8, 0" if version == 4 else ""}
    .byte 1, 0x78, 16
    {f".byte {data}" if data else ""}
    .byte {code}
    .p2align 3
cie_end:
"""
    for i, name in enumerate("abc"):
        text += f"""
    .long fde_end{i} - fde{i}
fde{i}:
    .long fde{i} - cie_at
    {pc.format(name)}
    {length.format("32")}
    {".byte 0" if letters.startswith("z") else ""}
    .byte 0x41, 0x0e, {16 + 8 * i}, 0x86, 2, 0x43, 0x0d, 6
    .p2align 3
fde_end{i}:
"""
    code = "".join(f".globl {name}\n.hidden {name}\n{name}: .skip 32, 0x90\n .skip 16, 0xcc\n"
                   for name in "abc")
    return f"    .text\n{code}\n{text}\n    .section .note.GNU-stack,\"\",@progbits\n"


SHARED = ("-shared", "-nostdlib")
STATIC = ("-static", "-nostdlib", "-no-pie", "-Wl,--eh-frame-hdr", "-Wl,-e,a")
# name: (source, flags). By hand, ld makes a table or says in the header that there is none.
ASSEMBLED = {
    "directives.so": (DIRECTIVES, SHARED),
    "directives_static": (DIRECTIVES, (*STATIC, "-Wl,-e,nested")),
    "directives_large.so": (DIRECTIVES, (*SHARED, "-mcmodel=large")),
    "directives_dwarf64.so": (DIRECTIVES, (*SHARED, "-Wa,--gdwarf-5")),
    "directives_cie3.so": (DIRECTIVES, (*SHARED, "-Wa,--gdwarf-cie-version=3")),
    "directives_cie4.so": (DIRECTIVES, (*SHARED, "-Wa,--gdwarf-cie-version=4")),
    "directives_gold.so": (DIRECTIVES, (*SHARED, "-fuse-ld=gold", "-Wl,--eh-frame-hdr")),
    "directives_lld.so": (DIRECTIVES, (*SHARED, "-fuse-ld=lld", "-Wl,--eh-frame-hdr")),
    "hand.so": (by_hand(), SHARED),
    "hand_no_table.so": (by_hand() + WIDE_CIE, SHARED),
    "hand_no_table_static": (by_hand(encoding=3, pc=".long {0}") + WIDE_CIE, STATIC),
    "hand_version3.so": (by_hand(version=3), SHARED),
    "hand_version4.so": (by_hand(version=4), SHARED),
    "hand_no_letters": (by_hand(letters="", data="", pc=".quad {0}", length=".quad {0}"), STATIC),
    "hand_absptr": (by_hand(encoding=0, pc=".quad {0}", length=".quad {0}"), STATIC),
    "hand_udata4": (by_hand(encoding=3, pc=".long {0}"), STATIC),
    "hand_udata8": (by_hand(encoding=4, pc=".quad {0}", length=".quad {0}"), STATIC),
    "hand_sdata4": (by_hand(encoding=0x0b, pc=".long {0}"), STATIC),
    "hand_sdata8.so": (by_hand(encoding=0x1c, pc=".quad {0} - .", length=".quad {0}"), SHARED),
    "hand_signal.so": (by_hand(letters="zRS"), SHARED),
    "hand_unknown_letter.so": (by_hand(letters="zRB"), SHARED),
    "hand_fp.so": (by_hand(code="0x0c, 6, 16, 0x90, 1, 0x86, 2"), SHARED),
}
REALIGNED = """
#include <alloca.h>
#include <stdalign.h>
void use(void *, void *);
int big(int count, double seed)
{
    alignas(64) double values[16] = {seed};
    void *more = alloca((unsigned long)count);
    for (int i = 0; i < count; i++)
        use(values, more);
    return (int)values[3];
}
int stack_arguments(int a, int b, int c, int d, int e, int f, int g, int h)
{
    alignas(128) char bytes[128] = {(char)a, (char)(b + c), (char)(d + e)};
    use(bytes, bytes);
    if (f)
        return stack_arguments(b, c, d, e, f, g, h, bytes[g]);
    return h;
}
void leaf(void) { use(0, 0); }
void *address(void) { return __builtin_frame_address(0); }
double vectors(double *from, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += from[i] * sum;
        use(from, &sum);
    }
    return sum;
}
"""
COMPILED = {f"realigned{'_'.join(flags)}.so": flags for flags in (
    ("-O0",), ("-O1",), ("-O2",), ("-Os",), ("-O2", "-mstackrealign"), ("-O3", "-mavx512f"),
    ("-O3", "-mavx2", "-mstackrealign"), ("-O2", "-fno-omit-frame-pointer"),
    ("-O2", "-fcf-protection", "-Wl,-z,lazy,-z,ibtplt"), ("-O2", "-Wl,-z,lazy"),
    ("-O2", "-fsplit-stack", "-Wl,-z,now"), ("-O2", "-fno-asynchronous-unwind-tables"),
    ("-O2", "-fuse-ld=gold", "-Wl,-z,lazy"), ("-O2", "-fuse-ld=lld", "-Wl,-z,lazy"))}
COMPILED = {name.replace("-", "").replace(",", "").replace("=", ""): flags
            for name, flags in COMPILED.items()}


def make(compiler, folder, name, source, suffix, flags):
    path = folder / "source" / (name + suffix)
    path.write_text(source, encoding="ascii")
    done = subprocess.run([compiler, *flags, "-o", str(folder / name), str(path)],
                          capture_output=True, text=True, check=False)
    if done.returncode or not (folder / name).exists():
        print(f"left out: {name}: {(done.stderr.splitlines() or ['?'])[0]}")
        return 0
    return 1


def main():
    compiler, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    (folder / "source").mkdir(parents=True, exist_ok=True)
    made = 0
    for name, (source, flags) in ASSEMBLED.items():
        made += make(compiler, folder, name, source, ".S", flags)
    for name, flags in COMPILED.items():
        made += make(compiler, folder, name, REALIGNED, ".c", ("-shared", "-fPIC", *flags))
    print(f"{made} of {len(ASSEMBLED) + len(COMPILED)} made")
    return 0 if made else 77


if __name__ == "__main__":
    sys.exit(main())
