// SPDX-License-Identifier: MIT
// What a mutex and an rwlock were made to be, whether by a function or by an initialiser.
// EXPECT: lock("recursive")["flags"] == lock("recursive_static")["flags"] == ["recursive"]
// EXPECT: lock("errorcheck")["flags"] == ["errorcheck"] and lock("adaptive")["flags"] == ["adaptive"]
// EXPECT: lock("robust")["flags"] == ["robust"] and lock("inherit")["flags"] == ["prio_inherit"]
// EXPECT: lock("protect")["flags"] == ["prio_protect"] and lock("protect")["acquisitions"] == 0
// EXPECT: set(lock("much")["flags"]) - {"shared"} == {"prio_inherit", "recursive", "robust"}
// EXPECT: lock("normal")["flags"] == lock("normal_static")["flags"] == lock("readers")["flags"] == []
// EXPECT: lock("writers")["flags"] == lock("writers_static")["flags"] == ["prefer_writer"]
// EXPECT: lock("shared_rwlock")["flags"] == ["shared"]
// EXPECT: all(l["initialised"] and functions(l["created_by"])[0] == "make" for l in report["locks"] if "static" not in l["name"] and l["kind"] == "mutex")
// EXPECT: lock("normal_static")["initialised"] in (False, 0)
// EXPECT: functions(lock("normal_static")["created_by"])[0] == "main"
// EXPECT: functions(lock("writers")["created_by"])[0] == "make_rwlock"
// EXPECT: all(l["acquisitions"] == (l["name"] != "protect") for l in report["locks"])
#include "steps.h"

pthread_mutex_t normal, recursive, errorcheck, adaptive, robust, inherit, protect, much;
pthread_mutex_t normal_static = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t recursive_static = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_rwlock_t readers, writers, shared_rwlock;
pthread_rwlock_t writers_static = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void make(pthread_mutex_t *mutex, int type, int robustness, int protocol, int shared)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, robustness);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutexattr_setpshared(&attributes, shared);
    printf("%d\n", pthread_mutex_init(mutex, &attributes));
    if (protocol == PTHREAD_PRIO_PROTECT) // needs a right to be acquired
        return;
    printf("%d\n", pthread_mutex_lock(mutex));
    pthread_mutex_unlock(mutex);
}

void make_rwlock(pthread_rwlock_t *rwlock, int preference, int shared)
{
    pthread_rwlockattr_t attributes;

    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, preference);
    pthread_rwlockattr_setpshared(&attributes, shared);
    pthread_rwlock_init(rwlock, &attributes);
    pthread_rwlock_rdlock(rwlock);
    pthread_rwlock_unlock(rwlock);
}

int main(void)
{
    make(&normal, PTHREAD_MUTEX_NORMAL, 0, 0, 0);
    make(&recursive, PTHREAD_MUTEX_RECURSIVE, 0, 0, 0);
    make(&errorcheck, PTHREAD_MUTEX_ERRORCHECK, 0, 0, 0);
    make(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP, 0, 0, 0);
    make(&robust, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, 0, 0);
    make(&inherit, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT, 0);
    make(&protect, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_PROTECT, 0);
    make(&much, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_INHERIT,
         PTHREAD_PROCESS_SHARED);
    make_rwlock(&readers, PTHREAD_RWLOCK_PREFER_READER_NP, 0);
    make_rwlock(&writers, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP, 0);
    make_rwlock(&shared_rwlock, PTHREAD_RWLOCK_PREFER_READER_NP, PTHREAD_PROCESS_SHARED);
    pthread_mutex_lock(&normal_static);
    pthread_mutex_unlock(&normal_static);
    pthread_mutex_lock(&recursive_static);
    pthread_mutex_unlock(&recursive_static);
    pthread_rwlock_wrlock(&writers_static);
    pthread_rwlock_unlock(&writers_static);
    return 0;
}
