// SPDX-License-Identifier: MIT
// Blocks that are freed by another family than they were allocated by.
// LEAKS: none
// MISUSE: mismatch malloc delete make_malloc malloc_delete 2
// MISUSE: mismatch malloc delete[] make_malloc malloc_delete_array 1
// MISUSE: mismatch new free make_new new_free 1
// MISUSE: mismatch new[] free make_array array_free 1
// MISUSE: mismatch new[] delete make_array array_delete 1
// MISUSE: mismatch new delete[] make_new new_delete_array 1
// MISUSE: mismatch new realloc make_new new_realloc 1
// MISUSE: mismatch new[] realloc make_array array_realloc 1
// MISUSE: mismatch new free make_aligned aligned_free 1
// MISUSE: mismatch malloc delete make_memalign memalign_delete 1
// MISUSE: mismatch malloc delete make_calloc calloc_delete_sized 1
#include "leaks.h"

#include <malloc.h>
#include <new>

static SITE void *make_malloc()
{
    return malloc(40);
}

static SITE void *make_calloc()
{
    return calloc(1, 40);
}

static SITE void *make_memalign()
{
    return memalign(64, 40);
}

static SITE void *make_new()
{
    return operator new(48);
}

static SITE void *make_array()
{
    return operator new[](56);
}

static SITE void *make_aligned()
{
    return operator new(64, std::align_val_t(64));
}

static SITE void malloc_delete()
{
    for (int i = 0; i < 2; i++)
        operator delete(make_malloc());
}

static SITE void malloc_delete_array()
{
    operator delete[](make_malloc());
}

static SITE void new_free()
{
    free(make_new());
}

static SITE void array_free()
{
    free(make_array());
}

static SITE void array_delete()
{
    operator delete(make_array());
}

static SITE void new_delete_array()
{
    operator delete[](make_new());
}

static SITE void new_realloc()
{
    free(realloc(make_new(), 400));
}

static SITE void array_realloc()
{
    free(realloc(make_array(), 10));
}

static SITE void aligned_free()
{
    free(make_aligned());
}

static SITE void memalign_delete()
{
    operator delete(make_memalign(), std::align_val_t(64));
}

static SITE void calloc_delete_sized()
{
    operator delete(make_calloc(), size_t(40));
}

int main()
{
    malloc_delete();
    malloc_delete_array();
    new_free();
    array_free();
    array_delete();
    new_delete_array();
    new_realloc();
    array_realloc();
    aligned_free();
    memalign_delete();
    calloc_delete_sized();
    forget();
    return 0;
}
