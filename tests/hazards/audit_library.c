// SPDX-License-Identifier: MIT
//
// The auditor of audited.c: it sits in a namespace of its own, is told of every library, and
// allocates.
#include <link.h>
#include <stdlib.h>
#include <string.h>

unsigned la_version(unsigned version)
{
    free(strdup("auditor"));
    return version;
}

unsigned la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie)
{
    (void)namespace;
    (void)cookie;
    free(strdup(map->l_name));
    return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
