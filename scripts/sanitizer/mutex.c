// Tells the thread sanitizer of the waits inside Synchronization.Mutex.
//
// The quick way of a Mutex is atomics compiled into our own code, which the sanitizer sees. The slow way, when another
// thread holds it, is a futex inside libswiftSynchronization, which is not instrumented: without this, whatever a
// contended mutex guards is reported as a race. `scripts/check --sanitize thread` builds and preloads this file.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SWIFT_METHOD __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// The mangled names of Swift 6.3; `scripts/check` stops when one of them is gone.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static void *original(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "mutex: %s is not there: the names have changed\n", name);
        abort();
    }
    return found;
}

SWIFT_METHOD void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT_METHOD void lock_slow(uint32_t thread, SELF void *mutex) {
    typedef SWIFT_METHOD void Function(uint32_t, SELF void *);
    ((Function *)original(LOCK))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT_METHOD bool try_lock_slow(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT_METHOD bool try_lock_slow(SELF void *mutex) {
    typedef SWIFT_METHOD bool Function(SELF void *);
    bool locked = ((Function *)original(TRY_LOCK))(mutex);
    if (locked && __tsan_acquire) __tsan_acquire(mutex);
    return locked;
}

SWIFT_METHOD void unlock_slow(SELF void *mutex) __asm__(UNLOCK);
SWIFT_METHOD void unlock_slow(SELF void *mutex) {
    typedef SWIFT_METHOD void Function(SELF void *);
    if (__tsan_release) __tsan_release(mutex);
    ((Function *)original(UNLOCK))(mutex);
}
