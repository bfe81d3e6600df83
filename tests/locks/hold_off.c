// SPDX-License-Identifier: MIT
// Holds that are not recorded are absent, not zero.
// OPTIONS: hold=off
// EXPECT: report["mode"]["hold"] == "off" and lock("kept")["acquisitions"] == 1
// EXPECT: not {"holds", "hold_ns", "hold_max_ns"} & set(lock("kept"))
#include "steps.h"

pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    pthread_mutex_lock(&kept);
    pthread_mutex_unlock(&kept);
    return 0;
}
