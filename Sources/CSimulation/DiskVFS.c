// The disk as SQLite sees it: https://www.sqlite.org/vfs.html, modelled on SQLite's own os_unix.c.
#include "Disk.h"

#include <pthread.h>
#include <string.h>

#define PATH_BYTES_MAX 512

// 2026-01-01 12:00 UTC as a Julian day in milliseconds. Usher's SQL never asks for the time; if it did, a clock that
// stands still would show it.
#define FROZEN_TIME (INT64_C(24610420) * 8640000 + INT64_C(43200000))

static sqlite3_vfs *platform;

static struct disk_handle *handle_of(sqlite3_file *base) {
    return (struct disk_handle *)base;
}

// Counts an operation on an open file; false when its disk is down or it was opened before a restart.
static bool begin(const struct disk_file *file, bool boundary) {
    if (!file->disk) return true;
    disk_check_thread(file->disk);
    return disk_file_lives(file) && disk_begin(file->disk, boundary);
}

static bool end(const struct disk_file *file, bool boundary) {
    return !file->disk || disk_end(file->disk, boundary);
}

static bool is_readable(const struct disk_file *file) {
    if (!file->disk) return true;
    disk_check_thread(file->disk);
    return disk_file_lives(file) && !file->disk->figures.crashed;
}

static int file_close(sqlite3_file *base) {
    struct disk_handle *handle = handle_of(base);
    struct disk_file *file = handle->file;
    struct disk *disk = file->disk;
    if (disk) disk_check_thread(disk);
    disk_shm_unmap(base, 0);
    struct disk_handle **link = &file->handles;
    while (*link != handle) link = &(*link)->next;
    *link = handle->next;
    disk_file_drop(file);
    if (disk) disk_drop(disk);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int length, sqlite3_int64 offset) {
    const struct disk_file *file = handle_of(base)->file;
    if (!is_readable(file)) return SQLITE_IOERR_READ;
    size_t wanted = (size_t)length;
    size_t size = file->content.size;
    size_t start = (size_t)offset;
    size_t known = start >= size ? 0 : size - start < wanted ? size - start : wanted;
    if (known > 0) memcpy(bytes, file->content.bytes + start, known);
    if (known == wanted) return SQLITE_OK;
    memset((uint8_t *)bytes + known, 0, wanted - known);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset) {
    struct disk_file *file = handle_of(base)->file;
    if (!begin(file, false)) return SQLITE_IOERR_WRITE;
    int code = disk_file_write(file, bytes, (size_t)length, (size_t)offset);
    return end(file, false) ? code : SQLITE_IOERR_WRITE;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct disk_file *file = handle_of(base)->file;
    if (!begin(file, false)) return SQLITE_IOERR_TRUNCATE;
    int code = disk_file_truncate(file, (size_t)size);
    return end(file, false) ? code : SQLITE_IOERR_TRUNCATE;
}

static int file_sync(sqlite3_file *base, int flags) {
    (void)flags;
    struct disk_handle *handle = handle_of(base);
    struct disk_file *file = handle->file;
    if (!begin(file, true)) return SQLITE_IOERR_FSYNC;
    disk_file_sync(file);
    if (!end(file, true)) return SQLITE_IOERR_FSYNC;
    if (!handle->syncs_folder || !file->disk) return SQLITE_OK;
    handle->syncs_folder = false;
    if (!begin(file, true)) return SQLITE_IOERR_DIR_FSYNC;
    disk_sync_names(file->disk);
    return end(file, true) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    const struct disk_file *file = handle_of(base)->file;
    if (!is_readable(file)) return SQLITE_IOERR_FSTAT;
    *size = (sqlite3_int64)file->content.size;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    struct disk_handle *handle = handle_of(base);
    switch (operation) {
    case SQLITE_FCNTL_LOCKSTATE:
        *(int *)argument = handle->lock;
        return SQLITE_OK;
    case SQLITE_FCNTL_PERSIST_WAL: {
        int *keeps = argument;
        if (*keeps >= 0) handle->keeps_wal = *keeps > 0;
        *keeps = handle->keeps_wal;
        return SQLITE_OK;
    }
    case SQLITE_FCNTL_POWERSAFE_OVERWRITE:
        if (*(int *)argument < 0) *(int *)argument = 1;
        return SQLITE_OK;
    case SQLITE_FCNTL_MMAP_SIZE:
        *(sqlite3_int64 *)argument = 0;  // never mapped
        return SQLITE_OK;
    case SQLITE_FCNTL_HAS_MOVED:
        *(int *)argument = 0;
        return SQLITE_OK;
    default:
        return SQLITE_NOTFOUND;
    }
}

static int file_sector_size(sqlite3_file *base) {
    (void)base;
    return 4096;  // as on Linux
}

static int file_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;  // a torn write harms no byte beside it
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static int create(struct disk *disk, const char *text, struct disk_file **file) {
    if (!disk_begin(disk, false)) return SQLITE_IOERR;
    struct disk_name *name = disk_find_name(disk, text, true);
    if (!name) return SQLITE_NOMEM;
    name->seen = disk_file_make(disk);
    if (!name->seen) return SQLITE_NOMEM;
    name->sequence = disk->sequence;
    *file = name->seen;
    return disk_end(disk, false) ? SQLITE_OK : SQLITE_IOERR;
}

// Finds or makes the file of a path, and takes a reference to it; says whether it is new.
static int find_file(const char *path, int flags, struct disk_file **file, bool *is_new) {
    const char *text;
    struct disk *disk = disk_at(path, &text);
    if (!disk) return SQLITE_CANTOPEN;
    if (disk->figures.crashed) return SQLITE_IOERR;
    struct disk_name *name = disk_find_name(disk, text, false);
    *file = name ? name->seen : NULL;
    *is_new = !*file;
    if (*file && flags & SQLITE_OPEN_EXCLUSIVE) return SQLITE_CANTOPEN;
    if (!*file) {
        if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
        int code = create(disk, text, file);
        if (code != SQLITE_OK) return code;
    }
    (*file)->references++;
    disk->references++;
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out_flags) {
    (void)vfs;
    struct disk_handle *handle = handle_of(base);
    memset(handle, 0, sizeof *handle);
    struct disk_file *file = NULL;
    bool is_new = true;
    if (path) {
        int code = find_file(path, flags, &file, &is_new);
        if (code != SQLITE_OK) return code;
    } else {
        file = disk_file_make(NULL);
        if (!file) return SQLITE_NOMEM;
    }
    int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    handle->syncs_folder = is_new && flags & journals;
    handle->file = file;
    handle->next = file->handles;
    file->handles = handle;
    handle->base.pMethods = &methods;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    (void)vfs;
    const char *text;
    struct disk *disk = disk_at(path, &text);
    if (!disk || disk->figures.crashed) return SQLITE_IOERR_DELETE;
    struct disk_name *name = disk_find_name(disk, text, false);
    if (!name || !name->seen) return SQLITE_IOERR_DELETE_NOENT;
    if (!disk_begin(disk, false)) return SQLITE_IOERR_DELETE;
    disk_file_drop(name->seen);
    name->seen = NULL;
    name->sequence = disk->sequence;
    if (!disk_end(disk, false)) return SQLITE_IOERR_DELETE;
    if (!syncs_folder) return SQLITE_OK;
    if (!disk_begin(disk, true)) return SQLITE_IOERR_DIR_FSYNC;
    disk_sync_names(disk);
    return disk_end(disk, true) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    const char *text;
    *result = 0;
    struct disk *disk = disk_at(path, &text);
    if (!disk || disk->figures.crashed) return SQLITE_IOERR_ACCESS;
    const struct disk_name *name = disk_find_name(disk, text, false);
    bool exists = name && name->seen;
    *result = exists && (flags != SQLITE_ACCESS_EXISTS || name->seen->content.size > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int length, char *full) {
    (void)vfs;
    size_t needed = strlen(path) + 1;
    if (needed > (size_t)length) return SQLITE_CANTOPEN;
    memcpy(full, path, needed);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int length, char *bytes) {
    (void)vfs;
    return platform->xRandomness(platform, length, bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;  // nobody else can run meanwhile
}

static int vfs_time_milliseconds(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    (void)vfs;
    *time = FROZEN_TIME;
    return SQLITE_OK;
}

static int vfs_time_days(sqlite3_vfs *vfs, double *time) {
    (void)vfs;
    *time = (double)FROZEN_TIME / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int length, char *message) {
    (void)vfs;
    if (length > 0) message[0] = 0;
    return 0;
}

static sqlite3_vfs simulation = {
    .iVersion = 2,
    .szOsFile = sizeof(struct disk_handle),
    .mxPathname = PATH_BYTES_MAX,
    .zName = "usher-simulation",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time_days,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time_milliseconds,
};

static int register_code;
static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void register_once(void) {
    platform = sqlite3_vfs_find(NULL);
    if (!platform) {
        register_code = SQLITE_ERROR;
        return;
    }
    simulation.xDlOpen = platform->xDlOpen;
    simulation.xDlError = platform->xDlError;
    simulation.xDlSym = platform->xDlSym;
    simulation.xDlClose = platform->xDlClose;
    register_code = sqlite3_vfs_register(&simulation, 0);
}

int usher_disk_register(void) {
    // Path texts of the form file:/…?vfs=… are read as such when SQLite was compiled so, or not yet initialised.
    sqlite3_config(SQLITE_CONFIG_URI, 1);
    pthread_once(&registered, register_once);
    return register_code;
}
