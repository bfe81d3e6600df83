# SPDX-License-Identifier: MIT
"""How a program is run: plain, or with which options of the profiler."""


class Mode:
    def __init__(self, name, options, library=None, witness=None):
        self.name, self.options, self.library = name, options, library
        self.witness = witness  # libwitness.so, or None

    @property
    def is_profiled(self):
        return self.library is not None

    def applied(self, environment, profiles, testimony):
        """The environment of the program itself: the library first, the program's own preloads
        last."""
        options = environment.pop("GAIAPROF_OPTIONS", "")
        preloads = [self.library, self.witness, environment.get("LD_PRELOAD")]
        preloads = [str(path) for path in preloads if path]
        result = {**environment, "LD_PRELOAD": ":".join(preloads)} if preloads else environment
        if self.witness:
            result["WITNESS_OUTPUT"] = str(testimony)
        if self.is_profiled:
            given = self.options.replace("{profiles}", str(profiles))
            result["GAIAPROF_OUTPUT"] = f"{profiles}/%e.%p.gaia"
            result["GAIAPROF_OPTIONS"] = ":".join(filter(None, [given, options]))
        return result


# name: options. `report` is what a user gets who sets nothing, but for where the report goes.
OPTIONS = {
    "exact": "report=none",
    "sampled": "report=none:heap=512k",
    "locks": "report=none:locks=on:hold=exact",
    "report": "report_file={profiles}/%e.%p.txt",
    "check": "report=none:unwind=check",
}
USUAL = ("exact", "sampled", "locks", "report")


def of_build(build, names):
    """Plain, and the modes of these names."""
    witness = build / "tests/witness/libwitness.so"
    witness = witness if witness.exists() else None
    library = build / "libgaiaprof.so"
    return (Mode("plain", "", None, witness),
            [Mode(name, OPTIONS[name], library, witness) for name in names])
