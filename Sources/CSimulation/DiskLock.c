// Locks and the shared WAL index between the connections of one simulated process.
#include "Disk.h"

#include <stdlib.h>

static bool is_up(const struct disk_file *file) {
    if (!file->disk) return true;
    disk_check_thread(file->disk);
    return disk_file_lives(file) && !file->disk->figures.crashed;
}

// The highest lock that another handle of the file holds.
static int others_lock(const struct disk_handle *handle) {
    int highest = SQLITE_LOCK_NONE;
    for (const struct disk_handle *other = handle->file->handles; other; other = other->next) {
        if (other != handle && other->lock > highest) highest = other->lock;
    }
    return highest;
}

int disk_lock(sqlite3_file *base, int level) {
    struct disk_handle *handle = (struct disk_handle *)base;
    if (!is_up(handle->file)) return SQLITE_IOERR_LOCK;
    if (handle->lock >= level) return SQLITE_OK;
    int others = others_lock(handle);
    switch (level) {
    case SQLITE_LOCK_SHARED:
        if (others >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
        break;
    case SQLITE_LOCK_RESERVED:
        if (others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
        break;
    default:  // EXCLUSIVE: no new reader comes in while the present ones leave
        if (others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
        if (others >= SQLITE_LOCK_SHARED) {
            handle->lock = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
    }
    handle->lock = level;
    return SQLITE_OK;
}

int disk_unlock(sqlite3_file *base, int level) {
    struct disk_handle *handle = (struct disk_handle *)base;
    if (handle->lock > level) handle->lock = level;
    return SQLITE_OK;
}

int disk_check_reserved(sqlite3_file *base, int *result) {
    struct disk_handle *handle = (struct disk_handle *)base;
    if (!is_up(handle->file)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *result = handle->lock >= SQLITE_LOCK_RESERVED || others_lock(handle) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **address) {
    struct disk_handle *handle = (struct disk_handle *)base;
    struct disk_file *file = handle->file;
    *address = NULL;
    if (!is_up(file)) return SQLITE_IOERR_SHMMAP;
    if (!handle->maps_regions) {
        handle->maps_regions = true;
        file->mapped++;
    }
    if (file->region_count > 0 && file->region_size != size) return SQLITE_IOERR_SHMMAP;
    if (region >= file->region_count) {
        if (!extend) return SQLITE_OK;
        void **regions = realloc(file->regions, (size_t)(region + 1) * sizeof *regions);
        if (!regions) return SQLITE_IOERR_NOMEM;
        file->regions = regions;
        file->region_size = size;
        while (file->region_count <= region) {
            void *bytes = calloc(1, (size_t)size);
            if (!bytes) return SQLITE_IOERR_NOMEM;
            file->regions[file->region_count++] = bytes;
        }
    }
    *address = file->regions[region];
    return SQLITE_OK;
}

int disk_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    struct disk_handle *handle = (struct disk_handle *)base;
    uint16_t mask = (uint16_t)(((1u << count) - 1) << offset);
    if (flags & SQLITE_SHM_UNLOCK) {
        handle->shared_locks &= (uint16_t)~mask;
        handle->exclusive_locks &= (uint16_t)~mask;
        return SQLITE_OK;
    }
    if (!is_up(handle->file)) return SQLITE_IOERR_SHMLOCK;
    bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (const struct disk_handle *other = handle->file->handles; other; other = other->next) {
        if (other == handle) continue;
        if (other->exclusive_locks & mask) return SQLITE_BUSY;
        if (exclusive && other->shared_locks & mask) return SQLITE_BUSY;
    }
    if (exclusive) {
        handle->exclusive_locks |= mask;
    } else {
        handle->shared_locks |= mask;
    }
    return SQLITE_OK;
}

void disk_shm_barrier(sqlite3_file *base) {
    (void)base;  // one thread
}

int disk_shm_unmap(sqlite3_file *base, int delete_flag) {
    (void)delete_flag;  // the index is never on the disk: the last handle to leave takes it along
    struct disk_handle *handle = (struct disk_handle *)base;
    struct disk_file *file = handle->file;
    handle->shared_locks = 0;
    handle->exclusive_locks = 0;
    if (!handle->maps_regions) return SQLITE_OK;
    handle->maps_regions = false;
    if (--file->mapped > 0) return SQLITE_OK;
    for (int i = 0; i < file->region_count; i++) free(file->regions[i]);
    free(file->regions);
    file->regions = NULL;
    file->region_count = 0;
    return SQLITE_OK;
}
