/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery: what a start finds, put in order.
 *
 * Only the last segment can have a torn tail: it is cut off. Writing goes on in it, in a new chunk,
 * with nothing known of its contents, which costs a little space and no time. A segment before the
 * last that a crash left without its seal gets one. A file that does not begin as a segment is left
 * alone and its number never used again.
 */
#define _GNU_SOURCE
#include "journal/journal_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static int compare_ids(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static bool id_from_name(const char *name, uint32_t *out_id)
{
    char own[SEGMENT_PATH_BYTES];
    uint64_t id;
    struct str text = str_from(name);
    if (!str_ends(text, STR(".journal")) || !str_to_u64(str_sub(text, 0, text.len - 8), &id) ||
        id > UINT32_MAX)
        return false;
    *out_id = (uint32_t)id;
    journal__segment_name(*out_id, own);
    return strcmp(own, name) == 0;
}

enum status journal__list_segments(int directory, uint32_t **out_ids, size_t *out_count,
                                   struct error *error)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    if (!listing) {
        if (copy >= 0)
            close(copy);
        return fail(error, STATUS_IO, "listing the journal's directory: %s", strerror(errno));
    }
    uint32_t *ids = NULL, id;
    size_t count = 0, capacity = 0;
    bool memory = true;
    for (struct dirent *file; memory && (file = readdir(listing));) {
        if (!id_from_name(file->d_name, &id))
            continue;
        if (count == capacity) {
            uint32_t *wider = realloc(ids, (capacity = capacity ? capacity * 2 : 64) * sizeof *ids);
            memory = wider != NULL;
            ids = wider ? wider : ids;
        }
        if (memory)
            ids[count++] = id;
    }
    closedir(listing);
    if (!memory) {
        free(ids);
        return fail(error, STATUS_BUSY, "no memory to list the journal's segments");
    }
    if (count)
        qsort(ids, count, sizeof *ids, compare_ids);
    *out_ids = ids;
    *out_count = count;
    return STATUS_OK;
}

/* An unsealed segment: its table is read, its tail cut off. */
static enum status mend(struct segment *segment, struct error *error)
{
    enum status status = journal__segment_scan(segment, segment->file_bytes, error);
    if (status != STATUS_OK || segment->torn_bytes == 0)
        return status;
    log_warn("journal", "cut a torn tail", "segment=%" PRIu32 " offset=%" PRIu64 " bytes=%" PRIu64,
             segment->id, segment->end, segment->torn_bytes);
    if (ftruncate(segment->fd, (off_t)segment->end) != 0 || fdatasync(segment->fd) != 0)
        return fail(error, STATUS_IO, "cutting the torn tail of segment %" PRIu32 ": %s",
                    segment->id, strerror(errno));
    segment->file_bytes = segment->end;
    segment->torn_bytes = 0;
    return STATUS_OK;
}

static void seal_mended(struct journal *journal, struct segment *segment)
{
    struct error error;
    char quoted[LOG_QUOTE_BYTES];
    segment->sealed =
        journal__segment_seal(segment, &journal->files, &segment->file_bytes, &error) == STATUS_OK;
    if (!segment->sealed)
        log_warn("journal", "segment stays unsealed", "segment=%" PRIu32 " error=%s", segment->id,
                 log_quote(str_from(error.text), quoted));
}

static bool may_continue(const struct journal *journal, const struct segment *segment)
{
    /* Nothing of a newer format goes into an older segment. */
    return segment->version == JOURNAL_VERSION && segment->end < journal->options.segment_bytes &&
           segment->frame_count < SEGMENT_FRAMES_MAX &&
           segment->content_count < SEGMENT_CONTENTS_MAX;
}

static enum status recover_segment(struct journal *journal, struct segment *segment, bool last,
                                   struct error *error)
{
    enum status status = segment->sealed ? STATUS_OK : mend(segment, error);
    if (status != STATUS_OK)
        return status;
    if (!journal__segments_add(journal, segment))
        return fail(error, STATUS_BUSY, "no memory for the journal's list of segments");
    if (!segment->sealed && last && may_continue(journal, segment)) {
        journal->active = segment;
        journal->builder.chunk_content = segment->content_count;
        return STATUS_OK;
    }
    if (!segment->sealed)
        seal_mended(journal, segment);
    if (segment->sealed)
        journal__segment_unload(segment);
    return STATUS_OK;
}

/* A crash while the file was being created: nothing was ever in it. */
static bool is_stub(struct journal *journal, uint32_t id)
{
    char name[SEGMENT_PATH_BYTES];
    journal__segment_name(id, name);
    int fd = openat(journal->directory, name, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (fd >= 0)
        close(fd);
    return size >= 0 && size < SEGMENT_HEADER_BYTES && unlinkat(journal->directory, name, 0) == 0;
}

enum status journal__recover(struct journal *journal, struct error *error)
{
    uint32_t *ids = NULL;
    size_t count = 0;
    enum status status = journal__list_segments(journal->directory, &ids, &count, error);
    journal->next_segment = count ? ids[count - 1] + 1 : 1;
    if (count && ids[count - 1] == UINT32_MAX)
        status = fail(error, STATUS_UNSUPPORTED, "the journal has used all numbers of segments");
    if (status == STATUS_OK && count && is_stub(journal, ids[count - 1]))
        count--;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct segment *segment = NULL;
        struct error why;
        char quoted[LOG_QUOTE_BYTES];
        if (journal__segment_open(journal->directory, ids[i], true, &segment, &why) != STATUS_OK) {
            log_error("journal", "segment left out", "segment=%" PRIu32 " error=%s", ids[i],
                      log_quote(str_from(why.text), quoted));
            continue;
        }
        status = recover_segment(journal, segment, i + 1 == count, error);
        if (status != STATUS_OK &&
            (!journal->segment_count || journal->segments[journal->segment_count - 1] != segment))
            journal__segment_free(segment);
    }
    free(ids);
    return status;
}
