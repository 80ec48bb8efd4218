// The disk behind the VFS: files whose writes wait for a sync, and what a crash leaves of them.
#pragma once

#include "CSimulation.h"

#include <sqlite3.h>

#define DISK_LOCK_COUNT 8  // SQLITE_SHM_NLOCK

struct disk;
struct disk_handle;

/// Growing bytes.
struct disk_bytes {
    uint8_t *bytes;
    size_t size;
    size_t room;
};

/// One change since the last sync. While it is applied `bytes` holds what it replaced, afterwards what it wrote.
struct disk_change {
    uint64_t sequence;
    bool truncates;
    size_t offset;    // of the write; the new size of a truncation
    size_t length;    // of `bytes`
    size_t old_size;  // of the file before the change
    uint8_t bytes[];
};

/// A file as an inode: it lives as long as a name or a handle refers to it.
struct disk_file {
    struct disk *disk;  // NULL for a temporary file
    uint32_t generation;
    int references;
    struct disk_bytes content;
    struct disk_change **changes;
    size_t change_count;
    size_t change_room;
    struct disk_handle *handles;
    void **regions;  // the WAL index, shared by the handles that map it
    int region_count;
    int region_size;
    int mapped;
};

/// A name in the disk's only folder. `durable` is what it names after the last sync of the folder.
struct disk_name {
    char *text;
    struct disk_file *seen;     // NULL when deleted
    struct disk_file *durable;  // NULL when never synced
    uint64_t sequence;          // of the last change
};

/// A disk. Reference counted: its table entry and each open handle hold it.
struct disk {
    usher_disk_id id;
    uintptr_t thread;
    int references;
    struct disk *next;
    struct disk_name *names;
    size_t name_count;
    size_t name_room;
    uint64_t capacity;
    uint64_t sequence;
    usher_disk_figures figures;
    bool plans_crash;
    usher_crash_point crash_point;
    usher_crash_moment crash_moment;
    uint64_t crash_number;
    void (*crashed)(void *);
    void *crashed_context;
};

/// What SQLite holds for an open file.
struct disk_handle {
    sqlite3_file base;  // first: SQLite sees only this
    struct disk_file *file;
    struct disk_handle *next;
    int lock;
    bool syncs_folder;
    bool keeps_wal;
    bool maps_regions;
    uint16_t shared_locks;
    uint16_t exclusive_locks;
};

// Disk.c
/// Finds the disk of `/disk-<id>.<generation>/<file>` and the file's name; NULL for another path, an unknown disk or
/// an old generation. Ends the process on a foreign thread.
struct disk *disk_at(const char *path, const char **name);
/// Frees the disk when this was its last reference.
void disk_drop(struct disk *disk);
/// Ends the process with a sentence when the calling thread does not own the disk.
void disk_check_thread(const struct disk *disk);
/// Counts an operation. False when the disk is down, or crashes before the operation.
bool disk_begin(struct disk *disk, bool boundary);
/// Crashes the disk when it was to crash after this operation. False when the disk is down.
bool disk_end(struct disk *disk, bool boundary);
/// The name entry, made when `make` says so; NULL when absent or when memory is short.
struct disk_name *disk_find_name(struct disk *disk, const char *text, bool make);
/// Makes all names durable.
void disk_sync_names(struct disk *disk);

// DiskFile.c
/// Makes an empty file with one reference, of `disk` or temporary.
struct disk_file *disk_file_make(struct disk *disk);
/// Frees the file when this was its last reference.
void disk_file_drop(struct disk_file *file);
/// Whether the file is of its disk's running generation.
bool disk_file_lives(const struct disk_file *file);
/// Changes the content; SQLITE_OK, SQLITE_FULL or SQLITE_IOERR_NOMEM.
int disk_file_write(struct disk_file *file, const void *bytes, size_t length, size_t offset);
int disk_file_truncate(struct disk_file *file, size_t size);
/// Makes every change so far durable.
void disk_file_sync(struct disk_file *file);
/// Takes back every change, then makes those again that survive: those up to `sequence_last`, or torn ones by `random`.
/// Returns how many were lost. False in `ok` when memory is short.
uint64_t disk_file_lose(
    struct disk_file *file,
    usher_power_loss loss,
    uint64_t sequence_last,
    uint64_t *random,
    bool *ok
);

// DiskLock.c
int disk_lock(sqlite3_file *base, int level);
int disk_unlock(sqlite3_file *base, int level);
int disk_check_reserved(sqlite3_file *base, int *result);
int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **address);
int disk_shm_lock(sqlite3_file *base, int offset, int count, int flags);
void disk_shm_barrier(sqlite3_file *base);
int disk_shm_unmap(sqlite3_file *base, int delete_flag);

/// The next number of a SplitMix64 sequence.
static inline uint64_t disk_random(uint64_t *state) {
    uint64_t mixed = (*state += UINT64_C(0x9E3779B97F4A7C15));
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}
