# SPDX-License-Identifier: MIT
#
# install.sh - the installed tree works: the command finds the library from where it is.
. "$(dirname "$0")/expect.bash"
need_preload
cmake --install "$BUILD" --prefix "$scratch/usr" >install.log 2>&1 || { cat install.log; exit 1; }
[ -n "$(find usr -name libgaiaprof.so)" ] || { echo "libgaiaprof.so is not installed"; exit 77; }
PATH=$scratch/usr/bin:/usr/bin:/bin
[ "$(command -v gaiaprof)" = "$scratch/usr/bin/gaiaprof" ] || fail "another gaiaprof"
expect 0 gaiaprof run -q -p installed.gaia echo hello <<<"hello"
expect_like 0 "heap  .* allocations" gaiaprof report installed.gaia
expect_like 0 "^gaiaprof  echo" gaiaprof run echo hello
finish
