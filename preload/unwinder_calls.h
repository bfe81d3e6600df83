// SPDX-License-Identifier: MIT
//
// unwinder_calls.h - keeps libunwind from touching the host's descriptors.
#ifndef GAIAPROF_UNWINDER_CALLS_H
#define GAIAPROF_UNWINDER_CALLS_H

// libunwind (1.6) probes whether an address can be read by writing from it into a pipe of its own:
// two descriptors that the host would see, might close and open anew, and would then find bytes
// in. Redirects those calls of the library, and of no one else, to a probe without descriptors.
// `library` is its dlopen handle. From our constructor only.
void unwinder_calls_redirect(void *library);

#endif
