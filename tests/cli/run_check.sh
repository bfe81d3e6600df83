# SPDX-License-Identifier: MIT
#
# run_check.sh - gaiaprof run --check: the verdict on real programs, also of trees of processes and
# of killed ones; which exit status there is then.
. "$(dirname "$0")/expect.bash"
need_preload

# program LEAKED_BLOCKS LEAKED_THREADS END: exits with END, or kills itself with signal -END
cat >program.c <<'EOT'
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
static void *volatile sink;
static void *nothing(void *argument) { return argument; }
__attribute__((noinline)) static void leak_blocks(int count)
{
    while (count-- > 0)
        sink = malloc(40);
    sink = NULL;
}
__attribute__((noinline)) static void leak_threads(int count)
{
    pthread_t thread;
    while (count-- > 0)
        pthread_create(&thread, NULL, nothing, NULL);
    pthread_create(&thread, NULL, nothing, NULL); // by its end the others have ended, most likely
    pthread_join(thread, NULL);
}
int main(int argc, char **argv)
{
    int end = argc > 3 ? atoi(argv[3]) : 0;
    leak_blocks(atoi(argv[1]));
    leak_threads(atoi(argv[2]));
    return end < 0 ? raise(-end) : end;
}
EOT
"$CC" -g -O1 -pthread -o program program.c

# --- the status: the program's own unless that is 0
status_of() {
    local status=0
    "$@" >/dev/null 2>&1 || status=$?
    echo $status
}
kept=running_threads=99,allocations=1k violated=allocations=0
while read -r end wanted_kept wanted_violated; do
    [ "$(status_of gaiaprof run -q --check $kept ./program 3 1 $end)" = $wanted_kept ] ||
        fail "kept, end $end"
    [ "$(status_of gaiaprof run -q --check $violated ./program 3 1 $end)" = $wanted_violated ] ||
        fail "violated, end $end"
done <<'EOT'
0 0 23
7 7 7
23 23 23
-9 137 137
-15 143 143
EOT

# --- a program goes by the name it is called by, and by that of its file
ln -s program alias
for only in alias program; do
    expect 0 gaiaprof run -q --check leaked_threads=0 --only $only ./alias 0 0 </dev/null
done
expect 2 gaiaprof run -q --check leaked_threads=0 --only other ./alias 0 0 \
    <<<"gaiaprof: other: no such program among 1 profile"

# --- what it says: of a killed one, too; on stderr, once, after the report
expect 0 gaiaprof run -q --check $kept ./program 3 1 0 </dev/null
gaiaprof run --check leaked_threads=0,allocations=1k ./program 0 2 2>err.txt >out.txt || true
[ ! -s out.txt ] || fail "the verdict belongs on stderr"
[ "$(grep -c "VIOLATED" err.txt)" = 1 ] || fail "the verdict is not there once"
grep -A9 "^gaiaprof: check: " err.txt | sed 's/pid [0-9]*/pid N/' >verdict.txt
expect 0 cat verdict.txt <<'EOT'
gaiaprof: check: program 0 2 (pid N): 1 of 2 budgets violated
  VIOLATED  leaked_threads  2 threads, above 0
                            2 threads  leak_threads (program.c:16)
  ok        allocations     3 of 1,000
EOT
head -1 err.txt | grep -q "^gaiaprof  program (pid" || fail "the report does not come first"
expect_like 137 "VIOLATED  allocations  [0-9]* allocations, above 0" \
    gaiaprof run -q --check allocations=0 ./program 3 0 -9

# --- leaks
gaiaprof run -q --check leaks=0,leak_bytes=1k ./program 3 0 2>&1 | sed 's/pid [0-9]*/pid N/' >leaks.txt
expect 0 cat leaks.txt <<'EOT'
gaiaprof: check: program 3 0 (pid N): 1 of 2 budgets violated
  VIOLATED  leaks  3 blocks (120 B), above 0
                   3 blocks (120 B)  leak_blocks (program.c:9)
EOT
expect 0 gaiaprof run -q --check leaks=3,leak_bytes=120 ./program 3 0 </dev/null
echo 'leak:^leak_blocks$' >known.supp
expect 0 gaiaprof run -q --check leaks=0 --suppressions known.supp ./program 3 0 </dev/null
expect 0 env GAIAPROF_SUPPRESSIONS=known.supp gaiaprof run -q --check leaks=0 ./program 3 0 </dev/null
expect_like 137 "UNKNOWN   leaks  not known: " gaiaprof run -q --check leaks=0 ./program 3 0 -9
expect_like 23 "UNKNOWN   leaks  not known: " gaiaprof run -q -O leaks=off --check leaks=0 ./program 3 0
# what an allocator loses in every program is not the program's
for tcmalloc in /usr/lib/*/libtcmalloc_minimal.so.4; do
    [ ! -e "$tcmalloc" ] || [ -n "$SANITIZE" ] ||
        expect 0 env LD_PRELOAD="$tcmalloc" gaiaprof run -q --check leaks=0 ./program 0 0 </dev/null
done
# of a program that became another the memory is gone
expect_like 0 "ok        leaks  not looked for: the process became another program" \
    gaiaprof run --check leaks=0 sh -c 'exec true'
# at exit, without gaiaprof run
expect 23 env LD_PRELOAD="$BUILD/libgaiaprof.so" GAIAPROF_REPORT=none GAIAPROF_CHECK=leaks=0 \
    ./program 3 0 <<<"gaiaprof: check: leaks: 3 blocks (120 B), above 0: leak_blocks (program.c:9)"
expect 23 env LD_PRELOAD="$BUILD/libgaiaprof.so" GAIAPROF_REPORT=none GAIAPROF_CHECK=leek=0 \
    ./program 3 0 <<<"gaiaprof: check: leek: no such budget; did you mean 'leaks'?"

# of one that runs
cat >waits.c <<'EOT'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *volatile sink;
int main(void)
{
    sink = malloc(100);
    sink = NULL;
    free(malloc(4000)); // the place of the lost pointer on the stack is used by others
    fclose(fopen("up", "w"));
    pause();
}
EOT
"$CC" -g -O1 -o waits waits.c
LD_PRELOAD="$BUILD/libgaiaprof.so" ./waits &
waits=$!
await test -e up
expect_like 23 "VIOLATED  leaks  1 block \(100 B\), above 0" gaiaprof check leaks=0 $waits
expect_like 0 "ok        leaks  1 of 1" gaiaprof check leaks=1 $waits
kill $waits

# --- budgets of the environment, which the program does not judge a second time
expect_like 23 "VIOLATED  allocations" env GAIAPROF_CHECK=allocations=0 gaiaprof run -q ./program 1 0
[ "$(GAIAPROF_CHECK=allocations=0 gaiaprof run ./program 1 0 2>&1 | grep -c "above 0")" = 1 ] ||
    fail "the verdict is not there once"
expect 0 env GAIAPROF_CHECK=allocations=0 gaiaprof run -q --check allocations=1k ./program 1 0 \
    </dev/null

# --- mistakes are found before the program runs
cat >ran <<'EOT'
#!/bin/sh
echo ran
EOT
chmod +x ran
expect 2 gaiaprof run --check leek=0 ./ran <<<"gaiaprof: check: leek: no such budget; did you mean \
'leaks'?"
expect 2 env GAIAPROF_CHECK=leaks=x gaiaprof run ./ran <<<"gaiaprof: check: leaks: 'x' is not a \
whole number (10, 10k), or +N% of a baseline"
expect 2 gaiaprof run --check allocations=+1% ./ran <<<"gaiaprof: check: a budget of +N% needs \
--baseline FILE"
expect 2 gaiaprof run --check allocations=+1% --baseline nonesuch ./ran <<<"gaiaprof: nonesuch: No \
such file or directory"
expect 2 gaiaprof run --check leaks=0 --suppressions nonesuch ./ran <<<"gaiaprof: \
nonesuch: No such file or directory"
expect 2 gaiaprof run --junit x.xml ./ran <<<"gaiaprof: run: --only, --baseline, --junit and --github need \
--check BUDGETS"
expect 2 gaiaprof run --check '' ./ran <<<"gaiaprof: check: no budget given; see gaiaprof help check"
expect 2 gaiaprof run --check leaks=0 --check ' ,' ./ran <<<"gaiaprof: check: no budget given; see \
gaiaprof help check"
expect 0 env GAIAPROF_CHECK= gaiaprof run -q ./ran <<<"ran"

# --- a launcher: what it starts goes unseen unless that is asked for
hint="itself was profiled: -O follow=all profiles what it starts"
expect 0 gaiaprof run -q --check leaked_threads=0 ./ran <<EOT
ran
gaiaprof: ./ran: only sh $hint
EOT
tail -1 ran >plain
chmod +x plain
expect_like 0 "^gaiaprof: ./plain: only sh $hint" gaiaprof run -q --check leaked_threads=0 ./plain
expect_like 0 "^gaiaprof: sh: only sh $hint" gaiaprof run --check leaked_threads=0 sh -c 'echo x; echo y'
expect_like 23 "^gaiaprof: sh: only sh $hint" gaiaprof run -q --check allocations=0 sh -c 'echo x; ls'
expect_no "$hint" gaiaprof run -q -O follow=all --check leaked_threads=0 ./ran
expect_no "$hint" gaiaprof run -q ./ran
expect_no "$hint" gaiaprof run -q --check leaked_threads=0 ./program 0 0

# --- nothing recorded is nothing kept
printf 'int main(void) { return 0; }\n' >static.c
if "$CC" -static -o static static.c 2>/dev/null; then
    expect 23 gaiaprof run --check leaks=0 ./static <<'EOT'
gaiaprof: ./static: nothing will be recorded: it is statically linked
gaiaprof: check: not known, as nothing was recorded
EOT
fi

# --- baseline, JUnit, annotations
gaiaprof run -q -p base.gaia ./program 100 0
expect 0 gaiaprof run -q --check allocations=+5% --baseline base.gaia ./program 102 0 </dev/null
expect_like 23 "allocations  1[0-9]* allocations, above 1[0-9]* \(\+5% of 10[0-9]\)" \
    gaiaprof run -q --check allocations=+5% --baseline base.gaia ./program 120 0
gaiaprof run -q --check leaked_threads=0 --junit results.xml --github ./program 0 1 2>err.txt || true
"$PYTHON3" -c 'import xml.dom.minidom as m; m.parse("results.xml")' || fail "no XML"
grep -q '<testcase classname="program" name="leaked_threads" file=.*program.c" line="16">' \
    results.xml || fail "JUnit has no line"
grep -q '^::error file=program.c,line=16,title=gaiaprof leaked_threads::program 0 1 (pid ' err.txt ||
    fail "an annotation has no line"

# --- trees: one table in place of many reports, and all have to keep the budgets
rm -f ./*.gaia
mkdir sub
cat >tree.sh <<'EOT'
./program 0 0
(cd sub; ../program 5 1; true)
./program 1 0 3 || true
EOT
expect_like 23 "^gaiaprof: check: checked 4 processes of 2 programs: 1 budget violated, in 1 process" \
    gaiaprof run -O follow=exec --check leaked_threads=0 sh tree.sh
expect_like 23 "^gaiaprof: check: ../program 5 1 \(pid|^gaiaprof: check: program 5 1 \(pid" \
    gaiaprof run -q -O follow=exec --check leaked_threads=0 sh tree.sh
expect 0 gaiaprof run -q -O follow=exec --check leaked_threads=0 --only sh sh tree.sh </dev/null
[ "$(ls ./*.gaia | wc -l)" = 12 ] || fail "profiles are not where the first is: $(ls ./*.gaia sub)"
gaiaprof run -O follow=exec sh tree.sh >out.txt 2>tree.txt
grep -q "^gaiaprof  4 processes of 2 programs, 1 failed$" tree.txt || fail "a tree's title"
grep -Eq "^  program +3 processes, 1 exited 3 " tree.txt || fail "a tree's row"
expect_no "ALLOCATIONS|LIVE AT EXIT" cat tree.txt
# each with a file of its own
gaiaprof run -O follow=exec -o 'each.%p.txt' sh tree.sh 2>tree.txt
[ "$(ls each.*.txt | wc -l)" = 4 ] || fail "no report of each"
# a killed child: its parent knows, nobody told us
expect_like 0 "program +1 process, killed " gaiaprof run -O follow=exec sh -c './program 0 0 -9; true'
# of a process that only became another the report is the last one's
expect_like 0 "^gaiaprof  echo \(pid" gaiaprof run -O follow=exec env echo x
finish
