// Disks by number: names, counted operations, crashes and restarts.
#include "Disk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct disk *table;
static usher_disk_id last_id;

static struct disk *find(usher_disk_id id) {
    pthread_mutex_lock(&table_lock);
    struct disk *disk = table;
    while (disk && disk->id != id) disk = disk->next;
    pthread_mutex_unlock(&table_lock);
    if (disk) disk_check_thread(disk);
    return disk;
}

void disk_check_thread(const struct disk *disk) {
    if (disk->thread == usher_thread()) return;
    fputs("A simulated disk was used from a thread that is not its simulation's: work has escaped.\n", stderr);
    abort();
}

usher_disk_id usher_disk_create(void) {
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk) return 0;
    disk->thread = usher_thread();
    disk->references = 1;
    disk->capacity = UINT64_MAX;
    pthread_mutex_lock(&table_lock);
    disk->id = ++last_id;
    disk->next = table;
    table = disk;
    pthread_mutex_unlock(&table_lock);
    return disk->id;
}

static void forget_names(struct disk *disk) {
    for (size_t i = 0; i < disk->name_count; i++) {
        struct disk_name *name = &disk->names[i];
        if (name->seen) disk_file_drop(name->seen);
        if (name->durable) disk_file_drop(name->durable);
        free(name->text);
    }
    disk->name_count = 0;
}

void usher_disk_release(usher_disk_id id) {
    struct disk *disk = find(id);
    if (!disk) return;
    pthread_mutex_lock(&table_lock);
    struct disk **link = &table;
    while (*link != disk) link = &(*link)->next;
    *link = disk->next;
    pthread_mutex_unlock(&table_lock);
    disk->figures.crashed = true;
    disk->crashed = NULL;
    forget_names(disk);
    disk_drop(disk);
}

void disk_drop(struct disk *disk) {
    if (--disk->references > 0) return;
    free(disk->names);
    free(disk);
}

struct disk *disk_at(const char *path, const char **name) {
    static const char prefix[] = "/disk-";
    if (strncmp(path, prefix, sizeof prefix - 1) != 0) return NULL;
    char *end;
    usher_disk_id id = strtoull(path + sizeof prefix - 1, &end, 10);
    if (*end != '.') return NULL;
    unsigned long long generation = strtoull(end + 1, &end, 10);
    if (*end != '/' || end[1] == 0) return NULL;
    struct disk *disk = find(id);
    if (!disk || disk->figures.generation != generation) return NULL;
    *name = end + 1;
    return disk;
}

struct disk_name *disk_find_name(struct disk *disk, const char *text, bool make) {
    for (size_t i = 0; i < disk->name_count; i++) {
        if (strcmp(disk->names[i].text, text) == 0) return &disk->names[i];
    }
    if (!make) return NULL;
    if (disk->name_count == disk->name_room) {
        size_t room = disk->name_room ? 2 * disk->name_room : 4;
        struct disk_name *names = realloc(disk->names, room * sizeof *names);
        if (!names) return NULL;
        disk->names = names;
        disk->name_room = room;
    }
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (!copy) return NULL;
    memcpy(copy, text, bytes);
    struct disk_name *name = &disk->names[disk->name_count++];
    *name = (struct disk_name){.text = copy};
    return name;
}

void disk_sync_names(struct disk *disk) {
    for (size_t i = 0; i < disk->name_count; i++) {
        struct disk_name *name = &disk->names[i];
        if (name->seen == name->durable) continue;
        if (name->durable) disk_file_drop(name->durable);
        name->durable = name->seen;
        if (name->durable) name->durable->references++;
    }
}

static bool crashes_here(const struct disk *disk, bool boundary, usher_crash_moment moment) {
    if (!disk->plans_crash || disk->crash_moment != moment) return false;
    if (disk->crash_point == usher_crash_point_operation) return disk->figures.operations == disk->crash_number;
    return boundary && disk->figures.boundaries == disk->crash_number;
}

static void crash(struct disk *disk) {
    if (disk->figures.crashed) return;
    disk->figures.crashed = true;
    disk->plans_crash = false;
    if (disk->crashed) disk->crashed(disk->crashed_context);
}

bool disk_begin(struct disk *disk, bool boundary) {
    disk_check_thread(disk);
    if (disk->figures.crashed) return false;
    disk->sequence++;
    disk->figures.operations++;
    if (boundary) disk->figures.boundaries++;
    if (crashes_here(disk, boundary, usher_crash_moment_before)) crash(disk);
    return !disk->figures.crashed;
}

bool disk_end(struct disk *disk, bool boundary) {
    if (crashes_here(disk, boundary, usher_crash_moment_after)) crash(disk);
    return !disk->figures.crashed;
}

void usher_disk_plan_crash(usher_disk_id id, usher_crash_point point, uint64_t number, usher_crash_moment moment) {
    struct disk *disk = find(id);
    if (!disk) return;
    disk->plans_crash = number > 0;
    disk->crash_point = point;
    disk->crash_number = number;
    disk->crash_moment = moment;
}

void usher_disk_crash(usher_disk_id id) {
    struct disk *disk = find(id);
    if (disk) crash(disk);
}

void usher_disk_on_crash(usher_disk_id id, void (*crashed)(void *), void *context) {
    struct disk *disk = find(id);
    if (!disk) return;
    disk->crashed = crashed;
    disk->crashed_context = context;
}

void usher_disk_set_capacity(usher_disk_id id, uint64_t bytes) {
    struct disk *disk = find(id);
    if (disk) disk->capacity = bytes;
}

usher_disk_figures usher_disk_read_figures(usher_disk_id id) {
    struct disk *disk = find(id);
    return disk ? disk->figures : (usher_disk_figures){0};
}

// What the name refers to after the crash: the folder's own changes can be lost like those of files.
static struct disk_file *surviving(
    const struct disk_name *name,
    usher_power_loss loss,
    uint64_t sequence_last,
    uint64_t *random
) {
    switch (loss) {
    case usher_power_loss_all: return name->durable;
    case usher_power_loss_none: return name->seen;
    case usher_power_loss_tail: return name->sequence <= sequence_last ? name->seen : name->durable;
    case usher_power_loss_torn: return disk_random(random) & 1 ? name->seen : name->durable;
    }
    return NULL;
}

// Moves what survived of `file` into a file of the new generation; handles that are still open keep the old shell.
static struct disk_file *reborn(struct disk_file *file, struct disk *disk) {
    struct disk_file *fresh = disk_file_make(disk);
    if (!fresh) return NULL;
    fresh->content = file->content;
    file->content = (struct disk_bytes){0};
    return fresh;
}

static uint64_t first_unsynced(const struct disk *disk) {
    uint64_t first = disk->sequence + 1;
    for (size_t i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];
        if (name->seen != name->durable && name->sequence < first) first = name->sequence;
        const struct disk_file *file = name->seen;
        if (file && file->change_count > 0 && file->changes[0]->sequence < first) {
            first = file->changes[0]->sequence;
        }
    }
    return first;
}

bool usher_disk_restart(usher_disk_id id, usher_power_loss loss, uint64_t seed) {
    struct disk *disk = find(id);
    if (!disk) return false;
    uint64_t random = seed;
    uint64_t first = first_unsynced(disk);
    uint64_t sequence_last = first - 1 + disk_random(&random) % (disk->sequence + 2 - first);
    disk->figures.generation++;
    disk->figures.bytes = 0;
    bool ok = true;
    size_t kept = 0;
    for (size_t i = 0; i < disk->name_count; i++) {
        struct disk_name name = disk->names[i];
        struct disk_file *file = surviving(&name, loss, sequence_last, &random);
        struct disk_file *fresh = NULL;
        if (name.seen != name.durable && file == name.durable) disk->figures.losses++;
        if (file) {
            disk->figures.losses += disk_file_lose(file, loss, sequence_last, &random, &ok);
            fresh = reborn(file, disk);
            ok = ok && fresh;
        }
        if (name.seen) disk_file_drop(name.seen);
        if (name.durable) disk_file_drop(name.durable);
        if (!fresh) {
            free(name.text);
            continue;
        }
        disk->figures.bytes += fresh->content.size;
        fresh->references++;
        disk->names[kept++] = (struct disk_name){.text = name.text, .seen = fresh, .durable = fresh};
    }
    disk->name_count = kept;
    disk->plans_crash = false;
    disk->figures.crashed = false;
    return ok;
}
