# SPDX-License-Identifier: MIT
#
# run_refused.sh - gaiaprof run on what can't be run, or can't be profiled: says why.
. "$(dirname "$0")/expect.bash"

expect 2 gaiaprof run nonesuch <<<"gaiaprof: nonesuch: can't be run: not found in \$PATH"
expect 2 gaiaprof run ./nonesuch <<<"gaiaprof: ./nonesuch: can't be run: not found"
expect 2 gaiaprof run '' <<<"gaiaprof: : can't be run: not found in \$PATH"
mkdir directory
expect 2 gaiaprof run ./directory <<<"gaiaprof: ./directory: can't be run: it is a directory"
echo x >data
expect 2 gaiaprof run ./data <<<"gaiaprof: ./data: can't be run: Permission denied"
need_preload

cat >hello.c <<'EOT'
#include <stdio.h>
int main(void) { puts("hello"); return 3; }
EOT

# runs, but unseen
if "$CC" -static -o static hello.c 2>/dev/null; then
    expect 3 gaiaprof run ./static <<<"gaiaprof: ./static: nothing will be recorded: it is \
statically linked
hello"
    printf '#!%s\n' "$scratch/static" >script && chmod +x script
    expect 3 gaiaprof run ./script <<<"gaiaprof: ./script: nothing will be recorded: it is a \
script, and of its interpreter $scratch/static: it is statically linked
hello"
fi
"$CC" -o dynamic hello.c
cp dynamic foreign
printf '\x03\x00' | dd of=foreign bs=1 seek=18 conv=notrunc status=none # e_machine: i386
expect_like 2 "foreign: nothing will be recorded: it is built for another kind of machine" \
    gaiaprof run ./foreign
if [ "$(id -u)" = 0 ] && cp dynamic setuid && chown nobody setuid 2>/dev/null; then
    chmod 4755 setuid
    expect 3 gaiaprof run ./setuid <<<"gaiaprof: ./setuid: nothing will be recorded: it is setuid: \
the loader ignores LD_PRELOAD
hello"
fi

# would break
for sanitizer in address thread; do
    "$CC" -fsanitize=$sanitizer -o sanitized hello.c 2>/dev/null || continue
    expect 2 gaiaprof run ./sanitized <<<"gaiaprof: ./sanitized: can't be profiled: it is built \
with a sanitizer, which replaces malloc itself"
done

# not a program at all
printf '\x7fELF' >damaged && chmod +x damaged
expect_like 2 "damaged: can't be run: Exec format error" gaiaprof run ./damaged
[ -z "$(ls -- *.gaia 2>/dev/null)" ] || fail "a profile was made"
finish
