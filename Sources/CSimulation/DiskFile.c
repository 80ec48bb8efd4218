// Files whose changes since the last sync can be taken back one by one.
#include "Disk.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR 512

struct disk_file *disk_file_make(struct disk *disk) {
    struct disk_file *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file->references = 1;
    file->disk = disk;
    if (disk) file->generation = disk->figures.generation;
    return file;
}

static void forget_changes(struct disk_file *file) {
    for (size_t i = 0; i < file->change_count; i++) free(file->changes[i]);
    file->change_count = 0;
}

void disk_file_drop(struct disk_file *file) {
    if (--file->references > 0) return;
    if (disk_file_lives(file) && file->disk) file->disk->figures.bytes -= file->content.size;
    forget_changes(file);
    for (int i = 0; i < file->region_count; i++) free(file->regions[i]);
    free(file->regions);
    free(file->changes);
    free(file->content.bytes);
    free(file);
}

bool disk_file_lives(const struct disk_file *file) {
    return !file->disk || file->generation == file->disk->figures.generation;
}

// Sets the size; new bytes are zero.
static bool resize(struct disk_file *file, size_t size) {
    struct disk_bytes *content = &file->content;
    if (size > content->room) {
        size_t room = content->room ? content->room : 4096;
        while (room < size) room *= 2;
        uint8_t *bytes = realloc(content->bytes, room);
        if (!bytes) return false;
        content->bytes = bytes;
        content->room = room;
    }
    if (size > content->size) memset(content->bytes + content->size, 0, size - content->size);
    content->size = size;
    return true;
}

// As `resize`, within the disk's capacity and booked there.
static int resize_booked(struct disk_file *file, size_t size) {
    struct disk *disk = file->disk;
    size_t old_size = file->content.size;
    if (disk && size > old_size && disk->figures.bytes + (size - old_size) > disk->capacity) {
        disk->figures.refusals++;
        return SQLITE_FULL;
    }
    if (!resize(file, size)) return SQLITE_IOERR_NOMEM;
    if (disk) disk->figures.bytes = disk->figures.bytes - old_size + size;
    return SQLITE_OK;
}

// Makes room for one more change with a copy of the `length` bytes at `offset`, as far as the file has them.
static struct disk_change *remember(struct disk_file *file, size_t offset, size_t length) {
    if (file->change_count == file->change_room) {
        size_t room = file->change_room ? 2 * file->change_room : 16;
        struct disk_change **changes = realloc(file->changes, room * sizeof *changes);
        if (!changes) return NULL;
        file->changes = changes;
        file->change_room = room;
    }
    struct disk_change *change = malloc(sizeof *change + length);
    if (!change) return NULL;
    size_t size = file->content.size;
    size_t known = offset >= size ? 0 : size - offset < length ? size - offset : length;
    if (known > 0) memcpy(change->bytes, file->content.bytes + offset, known);
    change->sequence = file->disk->sequence;
    change->truncates = false;
    change->offset = offset;
    change->length = length;
    change->old_size = size;
    return change;
}

int disk_file_write(struct disk_file *file, const void *bytes, size_t length, size_t offset) {
    if (length == 0) return SQLITE_OK;
    struct disk_change *change = NULL;
    if (file->disk) {
        change = remember(file, offset, length);
        if (!change) return SQLITE_IOERR_NOMEM;
    }
    if (offset + length > file->content.size) {
        int code = resize_booked(file, offset + length);
        if (code != SQLITE_OK) {
            free(change);
            return code;
        }
    }
    memcpy(file->content.bytes + offset, bytes, length);
    if (change) file->changes[file->change_count++] = change;
    return SQLITE_OK;
}

int disk_file_truncate(struct disk_file *file, size_t size) {
    size_t old_size = file->content.size;
    if (size == old_size) return SQLITE_OK;
    struct disk_change *change = NULL;
    if (file->disk) {
        change = remember(file, size, size < old_size ? old_size - size : 0);
        if (!change) return SQLITE_IOERR_NOMEM;
        change->truncates = true;
    }
    int code = resize_booked(file, size);
    if (code != SQLITE_OK) {
        free(change);
        return code;
    }
    if (change) file->changes[file->change_count++] = change;
    return SQLITE_OK;
}

void disk_file_sync(struct disk_file *file) {
    forget_changes(file);
}

// Takes the last change back and leaves in it what it had written.
static bool take_back(struct disk_file *file, struct disk_change *change) {
    if (change->truncates) {
        if (!resize(file, change->old_size)) return false;
        if (change->length > 0) memcpy(file->content.bytes + change->offset, change->bytes, change->length);
        return true;
    }
    for (size_t i = 0; i < change->length; i++) {
        size_t at = change->offset + i;
        uint8_t written = file->content.bytes[at];
        if (at < change->old_size) file->content.bytes[at] = change->bytes[i];
        change->bytes[i] = written;
    }
    return resize(file, change->old_size);
}

// Writes again the part of a taken-back change from `start` to `end`, offsets within it.
static bool write_again(struct disk_file *file, const struct disk_change *change, size_t start, size_t end) {
    size_t needed = change->offset + end;
    if (needed > file->content.size && !resize(file, needed)) return false;
    memcpy(file->content.bytes + change->offset + start, change->bytes + start, end - start);
    return true;
}

// Writes a random selection of the change's sectors.
static bool write_torn(struct disk_file *file, const struct disk_change *change, uint64_t *random) {
    size_t start = 0;
    while (start < change->length) {
        size_t end = start + SECTOR - (change->offset + start) % SECTOR;
        if (end > change->length) end = change->length;
        if (disk_random(random) & 1 && !write_again(file, change, start, end)) return false;
        start = end;
    }
    return true;
}

static bool make_again(struct disk_file *file, const struct disk_change *change) {
    if (change->truncates) return resize(file, change->offset);
    return write_again(file, change, 0, change->length);
}

uint64_t disk_file_lose(
    struct disk_file *file,
    usher_power_loss loss,
    uint64_t sequence_last,
    uint64_t *random,
    bool *ok
) {
    uint64_t lost = 0;
    bool done = true;
    if (loss == usher_power_loss_none) return 0;
    for (size_t i = file->change_count; i > 0; i--) done = done && take_back(file, file->changes[i - 1]);
    for (size_t i = 0; i < file->change_count; i++) {
        const struct disk_change *change = file->changes[i];
        bool keeps = loss == usher_power_loss_tail && change->sequence <= sequence_last;
        bool tears = false;
        if (loss == usher_power_loss_torn) {
            uint64_t draw = disk_random(random) % 3;
            keeps = draw == 0;
            tears = draw == 1 && !change->truncates;
        }
        if (keeps) done = done && make_again(file, change);
        if (tears) done = done && write_torn(file, change, random);
        if (!keeps) lost++;
    }
    *ok = *ok && done;
    return lost;
}
