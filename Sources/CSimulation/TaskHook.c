// Routes jobs that would go to the runtime's global pool to the simulation that runs on this thread.
//
// `swift_task_enqueueGlobal_hook` is exported by libswift_Concurrency (Swift 5.5 to 6.3) and undocumented:
// stdlib/public/Concurrency/GlobalExecutor.cpp. Jobs with a task-executor preference do not pass through it.
#include "CSimulation.h"

#include <pthread.h>

#define SWIFT_CALL __attribute__((swiftcall))

typedef SWIFT_CALL void (*enqueue_original)(void *job);
typedef SWIFT_CALL void (*enqueue_hook)(void *job, enqueue_original original);

extern enqueue_hook swift_task_enqueueGlobal_hook;

static _Thread_local usher_enqueue current_enqueue;
static _Thread_local void *current_context;
static _Thread_local char thread_mark;

static enqueue_hook previous_hook;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static SWIFT_CALL void route(void *job, enqueue_original original) {
    if (current_enqueue) {
        current_enqueue(current_context, job);
    } else if (previous_hook) {
        previous_hook(job, original);
    } else {
        original(job);
    }
}

static void install(void) {
    previous_hook = swift_task_enqueueGlobal_hook;
    __atomic_store_n(&swift_task_enqueueGlobal_hook, route, __ATOMIC_RELEASE);
}

uintptr_t usher_thread(void) {
    return (uintptr_t)&thread_mark;
}

void usher_capture_tasks(usher_enqueue enqueue, void *context) {
    pthread_once(&installed, install);
    current_enqueue = enqueue;
    current_context = context;
}

void usher_release_tasks(void) {
    current_enqueue = NULL;
    current_context = NULL;
}
