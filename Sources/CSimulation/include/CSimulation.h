// What the simulation needs and Swift cannot say: the runtime's task hook, and a disk that can lose writes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// MARK: Tasks

/// Receives a job (a `Builtin.Job`) which the runtime would have given to its global pool.
typedef void (*usher_enqueue)(void *context, void *job);

/// Identifies the calling thread as long as it lives; never 0.
uintptr_t usher_thread(void);

/// From now on the jobs that this thread gives to the global pool go to `enqueue`; other threads keep the real
/// pool. Installs the process-wide hook at the first call.
void usher_capture_tasks(usher_enqueue enqueue, void *context);

/// Ends what `usher_capture_tasks` began on this thread.
void usher_release_tasks(void);

// MARK: Disks

/// A disk in memory, served to SQLite by the VFS `usher-simulation` as `/disk-<id>.<generation>/<file>`.
///
/// It belongs to the thread that made it: any other thread that touches one of its files ends the process.
typedef uint64_t usher_disk_id;

/// The operations a planned crash counts.
typedef enum __attribute__((enum_extensibility(closed))) usher_crash_point : uint8_t {
    /// Writes, truncations, creations, deletions and syncs.
    usher_crash_point_operation,
    /// Syncs of a file or of the folder: what makes something durable.
    usher_crash_point_boundary,
} usher_crash_point;

/// Whether the operation a crash falls on still takes effect.
typedef enum __attribute__((enum_extensibility(closed))) usher_crash_moment : uint8_t {
    usher_crash_moment_before,
    usher_crash_moment_after,
} usher_crash_moment;

/// What becomes of writes that were never synced.
typedef enum __attribute__((enum_extensibility(closed))) usher_power_loss : uint8_t {
    /// All are lost.
    usher_power_loss_all,
    /// None is lost: the process was killed, the machine kept its page cache.
    usher_power_loss_none,
    /// Those after a random point are lost, over all files.
    usher_power_loss_tail,
    /// Each is kept, lost or torn at sectors of 512 bytes, independently.
    usher_power_loss_torn,
} usher_power_loss;

/// What a disk did and holds.
typedef struct usher_disk_figures {
    /// Writes, truncations, creations, deletions and syncs so far, over all generations.
    uint64_t operations;
    /// Syncs of a file or of the folder so far.
    uint64_t boundaries;
    /// Writes refused because the disk was full.
    uint64_t refusals;
    /// Unsynced operations that crashes took away, whole or in part.
    uint64_t losses;
    /// Bytes in all files now.
    uint64_t bytes;
    /// The number of restarts.
    uint32_t generation;
    /// Whether the disk is down.
    bool crashed;
} usher_disk_figures;

/// Registers the VFS, without making it the default; returns SQLite's result code.
int usher_disk_register(void);

/// Makes an empty disk; 0 when memory is short.
usher_disk_id usher_disk_create(void);

/// Gives the disk up. Files still open on it answer SQLITE_IOERR and are freed when they are closed.
void usher_disk_release(usher_disk_id id);

/// Crashes the disk at its operation or boundary `number`, counted from 1 since the disk was made; 0: no crash.
void usher_disk_plan_crash(usher_disk_id id, usher_crash_point point, uint64_t number, usher_crash_moment moment);

/// Crashes the disk now: until it is restarted every operation on it answers SQLITE_IOERR.
void usher_disk_crash(usher_disk_id id);

/// Calls `crashed` in the middle of the operation that crashes the disk; it must not touch the disk. Null ends it.
void usher_disk_on_crash(usher_disk_id id, void (*_Nullable crashed)(void *_Nullable), void *_Nullable context);

/// Decides by `seed` what survived, and starts the next generation. False when memory is short.
bool usher_disk_restart(usher_disk_id id, usher_power_loss loss, uint64_t seed);

/// Lets the files grow to `bytes` in all; writes beyond answer SQLITE_FULL. No limit at first.
void usher_disk_set_capacity(usher_disk_id id, uint64_t bytes);

/// Tells what the disk did and holds; all zero for an unknown one.
usher_disk_figures usher_disk_read_figures(usher_disk_id id);

#pragma clang assume_nonnull end
