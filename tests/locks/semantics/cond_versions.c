// SPDX-License-Identifier: MIT
// Condition variables of both of glibc's versions in one program: GLIBC_2.2.5's is a pointer to the
// real one, made at the first use. Each function of each version does what it should.
// EXPECT: health["complete"]
#include "codes.h"

// The names differ from the header's, which gives the newest version.
int old_init(pthread_cond_t *cond, const pthread_condattr_t *attributes);
int old_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int old_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *end);
int old_signal(pthread_cond_t *cond);
int old_broadcast(pthread_cond_t *cond);
int old_destroy(pthread_cond_t *cond);
__asm__(".symver old_init, pthread_cond_init@GLIBC_2.2.5");
__asm__(".symver old_wait, pthread_cond_wait@GLIBC_2.2.5");
__asm__(".symver old_timedwait, pthread_cond_timedwait@GLIBC_2.2.5");
__asm__(".symver old_signal, pthread_cond_signal@GLIBC_2.2.5");
__asm__(".symver old_broadcast, pthread_cond_broadcast@GLIBC_2.2.5");
__asm__(".symver old_destroy, pthread_cond_destroy@GLIBC_2.2.5");

static const struct version {
    const char *name;
    int (*init)(pthread_cond_t *, const pthread_condattr_t *);
    int (*wait)(pthread_cond_t *, pthread_mutex_t *);
    int (*timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    int (*signal)(pthread_cond_t *);
    int (*broadcast)(pthread_cond_t *);
    int (*destroy)(pthread_cond_t *);
} versions[] = {
    {"2.2.5", old_init, old_wait, old_timedwait, old_signal, old_broadcast, old_destroy},
    {"2.3.2", pthread_cond_init, pthread_cond_wait, pthread_cond_timedwait, pthread_cond_signal,
     pthread_cond_broadcast, pthread_cond_destroy},
};

// What follows the pointer of the old version is not its own.
struct guarded {
    pthread_cond_t cond;
    pthread_mutex_t mutex;
    const struct version *version;
    int is_set;
};

static int op_wait(void *argument)
{
    struct guarded *guarded = argument;
    int result = 0;

    pthread_mutex_lock(&guarded->mutex);
    while (result == 0 && !guarded->is_set)
        result = guarded->version->wait(&guarded->cond, &guarded->mutex);
    guarded->is_set = 0;
    pthread_mutex_unlock(&guarded->mutex);
    return result;
}

static int op_timedwait(void *argument)
{
    struct guarded *guarded = argument;
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);
    int result = 0;

    pthread_mutex_lock(&guarded->mutex);
    while (result == 0 && !guarded->is_set)
        result = guarded->version->timedwait(&guarded->cond, &guarded->mutex, &end);
    guarded->is_set = 0;
    pthread_mutex_unlock(&guarded->mutex);
    return result;
}

// The bytes after a pointer, which the old version must leave alone.
static int is_only_pointer(const struct guarded *guarded)
{
    const unsigned char *bytes = (const unsigned char *)&guarded->cond;

    for (size_t i = sizeof(void *); i < sizeof(guarded->cond); i++)
        if (bytes[i] != 0xa5)
            return 0;
    return 1;
}

static void try_woken(struct guarded *guarded, struct other *other)
{
    const struct version *version = guarded->version;

    for (int i = 0; i < 4; i++) {
        other_begin_asleep(other, i & 1 ? op_timedwait : op_wait, guarded);
        pthread_mutex_lock(&guarded->mutex);
        guarded->is_set = 1;
        printf("  %s",
               code(i & 2 ? version->broadcast(&guarded->cond) : version->signal(&guarded->cond)));
        pthread_mutex_unlock(&guarded->mutex);
        printf("  woken %s", code(other_result(other)));
    }
    putchar('\n');
}

static void try_version(const struct version *version, int is_static, struct other *other)
{
    struct guarded guarded = {.mutex = PTHREAD_MUTEX_INITIALIZER, .version = version};
    struct timespec past = {1, 0}, end = from_now(CLOCK_REALTIME, SHORT_MS), bad = {1, -1};

    memset(&guarded.cond, is_static ? 0 : 0xa5, sizeof(guarded.cond));
    printf("%s%s:", version->name, is_static ? " static" : "");
    if (!is_static)
        printf("  init %s", code(version->init(&guarded.cond, NULL)));
    printf("  signal %s", code(version->signal(&guarded.cond)));
    printf("  broadcast %s", code(version->broadcast(&guarded.cond)));
    pthread_mutex_lock(&guarded.mutex);
    printf("  past %s", code(version->timedwait(&guarded.cond, &guarded.mutex, &past)));
    printf("  end %s", code(version->timedwait(&guarded.cond, &guarded.mutex, &end)));
    printf("  bad %s", code(version->timedwait(&guarded.cond, &guarded.mutex, &bad)));
    printf("  trylock %s", code(pthread_mutex_trylock(&guarded.mutex)));
    pthread_mutex_unlock(&guarded.mutex);
    try_woken(&guarded, other);
    if (!is_static && version == &versions[0])
        printf("  only a pointer: %d\n", is_only_pointer(&guarded));
    printf("  destroy %s\n", code(version->destroy(&guarded.cond)));
}

static int unlocked;

static void cleanup(void *mutex)
{
    unlocked = pthread_mutex_unlock(mutex);
}

static void *wait_for_ever(void *argument)
{
    struct guarded *guarded = argument;

    pthread_mutex_lock(&guarded->mutex);
    pthread_cleanup_push(cleanup, &guarded->mutex);
    __atomic_store_n(&guarded->is_set, gettid(), __ATOMIC_RELEASE);
    for (;;)
        guarded->version->wait(&guarded->cond, &guarded->mutex);
    pthread_cleanup_pop(0);
    return NULL;
}

// A waiter is cancelled: it has the mutex in its cleanup handler, in both versions.
static void try_cancelled(const struct version *version)
{
    struct guarded guarded = {.cond = PTHREAD_COND_INITIALIZER, .version = version};
    pthread_mutexattr_t attributes;
    pthread_t thread;
    void *result;
    pid_t tid;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&guarded.mutex, &attributes);
    printf("%s:", version->name);
    pthread_create(&thread, NULL, wait_for_ever, &guarded);
    while ((tid = __atomic_load_n(&guarded.is_set, __ATOMIC_ACQUIRE)) == 0)
        sleep_ms(1);
    await_sleep(tid);
    printf(" cancel %s", code(pthread_cancel(thread)));
    pthread_join(thread, &result);
    printf(" unlock %s, %s", code(unlocked), result == PTHREAD_CANCELED ? "cancelled" : "ended");
    printf(", lock %s", code(pthread_mutex_lock(&guarded.mutex)));
    printf(" unlock %s", code(pthread_mutex_unlock(&guarded.mutex)));
    printf(" wait %s", code(version->wait(&guarded.cond, &guarded.mutex)));
    printf(" destroy %s\n", code(version->destroy(&guarded.cond)));
}

// An old one that was never used has no real one to free.
static void destroy_unused(void)
{
    for (int i = 0; i < 2; i++) {
        pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

        printf("%s unused: destroy %s", versions[i].name, code(versions[i].destroy(&cond)));
        printf("  init %s", code(versions[i].init(&cond, NULL)));
        printf("  destroy %s\n", code(versions[i].destroy(&cond)));
    }
}

int main(void)
{
    struct other other;

    other_start(&other);
    for (int i = 0; i < 2; i++)
        for (int is_static = 0; is_static < 2; is_static++)
            try_version(&versions[i], is_static, &other);
    for (int i = 0; i < 2; i++)
        try_cancelled(&versions[i]);
    destroy_unused();
    other_end(&other);
    return 0;
}
