/* SPDX-License-Identifier: Apache-2.0 */
/*
 * media: see media.h. DIRECTORY/<first byte of the hash>/<hash>, in hex; `new` holds what is being
 * written. One lock around keeping and sweeping, so that a file is not swept while another project
 * comes to have it.
 */
#define _GNU_SOURCE
#include "media/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

enum {
    PATH_BYTES = 4200,
    STALE_HOURS = 24, /* announced and never brought */
};

struct media {
    char directory[4000];
    struct control *control;
    pthread_mutex_t lock;
};

/* Calls `each` with every plain name of a directory that is there. */
static void walk(const char *path, void (*each)(void *context, int directory, const char *name),
                 void *context)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.')
            each(context, dirfd(directory), entry->d_name);
    if (directory)
        closedir(directory);
}

static void remove_one(void *context, int directory, const char *name)
{
    (void)context;
    unlinkat(directory, name, 0);
}

static enum status make_directory(const char *path, struct error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
    return STATUS_OK;
}

enum status media_open(const char *directory, struct control *control, struct media **out_media,
                       struct error *error)
{
    char path[PATH_BYTES];
    struct media *media = calloc(1, sizeof *media);
    if (!media)
        return fail(error, STATUS_INTERNAL, "no memory for the media");
    media->control = control;
    pthread_mutex_init(&media->lock, NULL);
    must(strlen(directory) < sizeof media->directory);
    snprintf(media->directory, sizeof media->directory, "%s", directory);
    snprintf(path, sizeof path, "%s/new", directory);
    enum status status = make_directory(directory, error);
    if (status == STATUS_OK)
        status = make_directory(path, error);
    for (int first = 0; first < 256 && status == STATUS_OK; first++) {
        char shelf[PATH_BYTES];
        snprintf(shelf, sizeof shelf, "%s/%02x", directory, first);
        status = make_directory(shelf, error);
    }
    if (status != STATUS_OK) {
        media_close(media);
        return status;
    }
    walk(path, remove_one, NULL);
    *out_media = media;
    return STATUS_OK;
}

void media_close(struct media *media)
{
    if (!media)
        return;
    pthread_mutex_destroy(&media->lock);
    free(media);
}

void media_id(const uint8_t hash[MEDIA_HASH_BYTES], char out_id[MEDIA_ID_BYTES + 1])
{
    char text[64];
    sodium_bin2base64(text, sizeof text, hash, MEDIA_HASH_BYTES,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(out_id, text, MEDIA_ID_BYTES);
    out_id[MEDIA_ID_BYTES] = 0;
}

bool media_hash_parse(struct str text, uint8_t out_hash[MEDIA_HASH_BYTES])
{
    size_t len = 0;
    return sodium_base642bin(out_hash, MEDIA_HASH_BYTES, text.ptr, text.len, NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == MEDIA_HASH_BYTES;
}

void media_hash_text(const uint8_t hash[MEDIA_HASH_BYTES], char out_text[MEDIA_HASH_TEXT_BYTES + 1])
{
    sodium_bin2base64(out_text, MEDIA_HASH_TEXT_BYTES + 1, hash, MEDIA_HASH_BYTES,
                      sodium_base64_VARIANT_ORIGINAL);
}

static void path_of(const struct media *media, const uint8_t hash[MEDIA_HASH_BYTES],
                    char out_path[PATH_BYTES])
{
    char hex[2 * MEDIA_HASH_BYTES + 1];
    str_hex_encode(hash, MEDIA_HASH_BYTES, hex);
    snprintf(out_path, PATH_BYTES, "%s/%.2s/%s", media->directory, hex, hex);
}

static bool write_all(int file, struct str bytes)
{
    while (bytes.len) {
        ssize_t written = write(file, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes = str_sub(bytes, (size_t)written, bytes.len);
    }
    return true;
}

static bool sync_directory_of(const char *path)
{
    char parent[PATH_BYTES];
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = 0;
    int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = directory >= 0 && fsync(directory) == 0;
    if (directory >= 0)
        close(directory);
    return fine;
}

/* With the lock held. */
static enum status write_file(struct media *media, const char *path, struct str bytes,
                              struct error *error)
{
    char fresh[PATH_BYTES];
    snprintf(fresh, sizeof fresh, "%s/new/%s", media->directory, strrchr(path, '/') + 1);
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = file >= 0 && write_all(file, bytes) && fsync(file) == 0;
    int reason = errno;
    if (file >= 0)
        close(file);
    if (fine && (rename(fresh, path) != 0 || !sync_directory_of(path))) {
        reason = errno;
        fine = false;
    }
    if (fine)
        return STATUS_OK;
    unlink(fresh);
    return fail(error, reason == ENOSPC ? STATUS_FULL : STATUS_IO, "%s: %s", path,
                strerror(reason));
}

enum status media_keep(struct media *media, uint32_t project_id, const struct media_item *item,
                       struct str bytes, struct error *error)
{
    uint8_t hash[MEDIA_HASH_BYTES];
    char path[PATH_BYTES];
    struct stat there;
    if ((int64_t)bytes.len != item->length_bytes)
        return fail(error, STATUS_INVALID,
                    "body: expected the %lld bytes that were announced, got %zu",
                    (long long)item->length_bytes, bytes.len);
    crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
    if (memcmp(hash, item->hash, sizeof hash) != 0)
        return fail(error, STATUS_INVALID, "body: expected bytes with the announced SHA-256");
    path_of(media, hash, path);
    pthread_mutex_lock(&media->lock);
    enum status status = STATUS_OK;
    if (stat(path, &there) != 0 || there.st_size != item->length_bytes)
        status = write_file(media, path, bytes, error);
    if (status == STATUS_OK)
        status = control_media_uploaded(media->control, project_id, str_from(item->id), error);
    pthread_mutex_unlock(&media->lock);
    return status;
}

enum status media_read(struct media *media, const struct media_item *item, int *out_file,
                       struct error *error)
{
    char path[PATH_BYTES];
    path_of(media, item->hash, path);
    int file = item->uploaded_ns ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return fail(error, STATUS_NOT_FOUND, "id: the bytes of this media are not there");
    *out_file = file;
    return STATUS_OK;
}

/* --- sweeping ----------------------------------------------------------------------------------
 */

static void remove_unwanted(void *context, const uint8_t hash[MEDIA_HASH_BYTES])
{
    struct media *media = context;
    char path[PATH_BYTES];
    path_of(media, hash, path);
    pthread_mutex_lock(&media->lock);
    if (!control_media_wanted(media->control, hash))
        unlink(path);
    pthread_mutex_unlock(&media->lock);
}

static void sweep_one(void *context, int directory, const char *name)
{
    uint8_t hash[MEDIA_HASH_BYTES];
    (void)directory;
    if (str_hex_decode(str_from(name), hash, sizeof hash))
        remove_unwanted(context, hash);
}

void media_sweep(struct media *media)
{
    char path[PATH_BYTES];
    for (int first = 0; first < 256; first++) {
        snprintf(path, sizeof path, "%s/%02x", media->directory, first);
        walk(path, sweep_one, media);
    }
}

enum status media_release(struct media *media, uint32_t project_id, struct str trace,
                          int64_t deleted_ns, struct error *error)
{
    const struct media_leaver leaver = {remove_unwanted, media};
    return control_media_release(media->control, project_id, trace, deleted_ns, &leaver, error);
}

enum status media_retain(struct media *media, int64_t before_ns, struct error *error)
{
    const struct media_leaver leaver = {remove_unwanted, media};
    int64_t stale_ns = clock_now_ns() - STALE_HOURS * 3600 * NS_PER_SEC;
    return control_media_expire(media->control, before_ns, stale_ns, &leaver, error);
}
