/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment: one file: a header, frames one behind the other, and, when nothing more will be added, a
 * footer with the table of its frames and a seal of fixed size at the very end. A file without a
 * seal is read frame by frame.
 */
#define _GNU_SOURCE
#include "journal/journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"

static const char magic[8] = {'V', 'T', 'R', 'J', 'N', 'L', '1', '\n'};
#define SEAL_MAGIC UINT32_C(0x4c534a56) /* "VJSL" */

const struct journal_files journal__files = {pwrite, fdatasync, ftruncate,
                                             journal__disk_free_bytes};

void journal__segment_name(uint32_t id, char out[SEGMENT_PATH_BYTES])
{
    snprintf(out, SEGMENT_PATH_BYTES, "%010" PRIu32 ".journal", id);
}

static struct segment *segment_new(int directory, uint32_t id)
{
    struct segment *segment = calloc(1, sizeof *segment);
    if (segment)
        *segment = (struct segment){.id = id,
                                    .directory = directory,
                                    .fd = -1,
                                    .refs = 1,
                                    .end = SEGMENT_HEADER_BYTES,
                                    .arrival_max = INT64_MIN};
    return segment;
}

void journal__segment_free(struct segment *segment)
{
    if (!segment)
        return;
    if (segment->fd >= 0)
        close(segment->fd);
    free(segment->frames);
    free(segment);
}

/* --- reading and writing at an offset */

enum status journal__read_all(int fd, void *bytes, size_t size, uint64_t offset,
                              struct error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(fd, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(error, STATUS_IO, "reading %zu bytes of the journal: %s", size,
                        strerror(errno));
        if (got == 0)
            return fail(error, STATUS_CORRUPT, "the segment ends %zu bytes early", size - done);
        done += (size_t)got;
    }
    return STATUS_OK;
}

static enum status disk_error(struct error *error, const char *doing)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return fail(error, full ? STATUS_FULL : STATUS_IO, "%s the journal: %s", doing,
                strerror(errno));
}

enum status journal__write_all(const struct journal_files *files, int fd, const void *bytes,
                               size_t size, uint64_t offset, struct error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t put =
            files->write(fd, (const char *)bytes + done, size - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            if (put == 0)
                errno = ENOSPC;
            return disk_error(error, "writing");
        }
        done += (size_t)put;
    }
    return STATUS_OK;
}

/* --- creating */

static enum status write_header(struct segment *segment, int directory,
                                const struct journal_files *files, struct error *error)
{
    uint8_t header[SEGMENT_HEADER_BYTES];
    memcpy(header, magic, sizeof magic);
    store_u32(header + 8, JOURNAL_VERSION);
    segment->version = JOURNAL_VERSION;
    store_u32(header + 12, segment->id);
    store_u64(header + 16, (uint64_t)segment->created_ns);
    store_u64(header + 24, journal__checksum(0, header, 24));
    enum status status = journal__write_all(files, segment->fd, header, sizeof header, 0, error);
    if (status == STATUS_OK && (files->sync(segment->fd) != 0 || fsync(directory) != 0))
        status = disk_error(error, "syncing");
    return status;
}

enum status journal__segment_create(int directory, uint32_t id, const struct journal_files *files,
                                    struct segment **out_segment, struct error *error)
{
    char name[SEGMENT_PATH_BYTES];
    journal__segment_name(id, name);
    struct segment *segment = segment_new(directory, id);
    if (!segment)
        return fail(error, STATUS_BUSY, "no memory for a segment of the journal");
    segment->fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (segment->fd < 0) {
        journal__segment_free(segment);
        return disk_error(error, "creating a segment of");
    }
    segment->created_ns = clock_now_ns();
    segment->file_bytes = SEGMENT_HEADER_BYTES;
    segment->loaded = segment->writable = true;
    enum status status = write_header(segment, directory, files, error);
    if (status != STATUS_OK) {
        unlinkat(directory, name, 0);
        journal__segment_free(segment);
        return status;
    }
    *out_segment = segment;
    return STATUS_OK;
}

/* --- opening */

void journal__seal_put(uint32_t segment, const struct seal *seal, uint8_t *out)
{
    store_u32(out, SEAL_MAGIC);
    store_u32(out + 4, seal->frame_count);
    store_u32(out + 8, seal->content_count);
    store_u32(out + 12, seal->footer_bytes);
    store_u64(out + 16, seal->end);
    store_u64(out + 24, (uint64_t)seal->arrival_max);
    store_u64(out + 32, seal->footer_checksum);
    store_u64(out + 40, journal__checksum(segment, out, 40));
}

static bool seal_get(const uint8_t *bytes, uint32_t segment, uint64_t file_bytes, struct seal *out)
{
    if (load_u32(bytes) != SEAL_MAGIC ||
        load_u64(bytes + 40) != journal__checksum(segment, bytes, 40))
        return false;
    *out = (struct seal){
        .frame_count = load_u32(bytes + 4),
        .content_count = load_u32(bytes + 8),
        .footer_bytes = load_u32(bytes + 12),
        .end = load_u64(bytes + 16),
        .arrival_max = (int64_t)load_u64(bytes + 24),
        .footer_checksum = load_u64(bytes + 32),
    };
    return out->end <= file_bytes &&
           file_bytes - out->end == (uint64_t)out->footer_bytes + SEAL_BYTES;
}

static bool read_seal(struct segment *segment, struct seal *out)
{
    uint8_t bytes[SEAL_BYTES];
    if (segment->file_bytes < SEGMENT_HEADER_BYTES + SEAL_BYTES)
        return false;
    if (journal__read_all(segment->fd, bytes, SEAL_BYTES, segment->file_bytes - SEAL_BYTES, NULL) !=
        STATUS_OK)
        return false;
    return seal_get(bytes, segment->id, segment->file_bytes, out);
}

static enum status read_header(struct segment *segment, const char *name, struct error *error)
{
    uint8_t header[SEGMENT_HEADER_BYTES];
    struct stat stat;
    if (fstat(segment->fd, &stat) != 0)
        return fail(error, STATUS_IO, "%s: %s", name, strerror(errno));
    segment->file_bytes = (uint64_t)stat.st_size;
    if (segment->file_bytes < sizeof header)
        return fail(error, STATUS_CORRUPT, "%s is shorter than the header of a segment", name);
    enum status status = journal__read_all(segment->fd, header, sizeof header, 0, error);
    if (status != STATUS_OK)
        return status;
    if (memcmp(header, magic, sizeof magic) != 0 ||
        load_u64(header + 24) != journal__checksum(0, header, 24))
        return fail(error, STATUS_CORRUPT, "%s does not begin as a segment of the journal", name);
    segment->version = load_u32(header + 8);
    if (segment->version < JOURNAL_VERSION_MIN || segment->version > JOURNAL_VERSION)
        return fail(error, STATUS_UNSUPPORTED,
                    "%s is of format %" PRIu32 ", this vitrine reads %d to %d", name,
                    segment->version, JOURNAL_VERSION_MIN, JOURNAL_VERSION);
    if (load_u32(header + 12) != segment->id)
        return fail(error, STATUS_CORRUPT, "%s holds segment %" PRIu32, name,
                    load_u32(header + 12));
    segment->created_ns = (int64_t)load_u64(header + 16);
    return STATUS_OK;
}

enum status journal__segment_open(int directory, uint32_t id, bool writable,
                                  struct segment **out_segment, struct error *error)
{
    char name[SEGMENT_PATH_BYTES];
    journal__segment_name(id, name);
    struct segment *segment = segment_new(directory, id);
    if (!segment)
        return fail(error, STATUS_BUSY, "no memory for a segment of the journal");
    segment->writable = writable;
    segment->fd = openat(directory, name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    enum status status = segment->fd < 0 ? fail(error, STATUS_IO, "%s: %s", name, strerror(errno))
                                         : read_header(segment, name, error);
    if (status != STATUS_OK) {
        journal__segment_free(segment);
        return status;
    }
    struct seal seal;
    if (read_seal(segment, &seal)) {
        segment->sealed = true;
        segment->end = seal.end;
        segment->content_count = seal.content_count;
        segment->arrival_max = seal.arrival_max;
    }
    *out_segment = segment;
    return STATUS_OK;
}

/* --- the table of frames */

bool journal__segment_add(struct segment *segment, const struct frame_header *header,
                          uint64_t offset, bool corrupt)
{
    if (segment->frame_count == segment->frame_capacity) {
        size_t capacity = segment->frame_capacity ? segment->frame_capacity * 2 : 64;
        struct frame_info *wider = realloc(segment->frames, capacity * sizeof *wider);
        if (!wider)
            return false;
        segment->frames = wider;
        segment->frame_capacity = capacity;
    }
    uint32_t number = (uint32_t)segment->frame_count++;
    /* A frame that continues a chunk whose beginning is lost is lost with it. */
    bool orphan = !header->starts_chunk && number == 0;
    segment->frames[number] = (struct frame_info){
        .offset = offset,
        .payload_bytes = header->payload_bytes,
        .raw_bytes = header->raw_bytes,
        .first_content = header->first_content,
        .content_count = header->content_count,
        .chunk = header->starts_chunk || orphan ? number : segment->frames[number - 1].chunk,
        .corrupt = corrupt || orphan,
    };
    segment->content_count = header->first_content + header->content_count;
    segment->end = offset + FRAME_HEADER_BYTES + header->payload_bytes;
    if (header->arrival_max > segment->arrival_max)
        segment->arrival_max = header->arrival_max;
    return true;
}

/* Lets go of the table and of the file; loading opens it again. */
void journal__segment_unload(struct segment *segment)
{
    if (segment->fd >= 0)
        close(segment->fd);
    segment->fd = -1;
    free(segment->frames);
    segment->frames = NULL;
    segment->frame_count = segment->frame_capacity = 0;
    segment->loaded = false;
}

static bool footer_take(struct segment *segment, struct cursor *in)
{
    uint64_t end = segment->frame_count ? segment->end : SEGMENT_HEADER_BYTES;
    uint32_t contents = segment->frame_count ? segment->content_count : 0;
    uint64_t flags = get_varint(in), offset = end + get_varint(in);
    struct frame_header header = {.starts_chunk = flags & 1, .arrival_max = INT64_MIN};
    header.payload_bytes = get_u32(in);
    header.raw_bytes = get_u32(in);
    header.first_content = contents + get_u32(in);
    header.content_count = get_u32(in);
    if (in->bad || header.first_content < contents ||
        header.content_count > UINT32_MAX - header.first_content)
        return false;
    return journal__segment_add(segment, &header, offset, flags & 2) &&
           segment->end <= segment->file_bytes;
}

static bool footer_get(struct segment *segment, const struct seal *seal, const struct buf *footer)
{
    enum { FOOTER_FRAME_BYTES = 64 }; /* more than one can take */
    if (seal->frame_count > SEGMENT_FRAMES_MAX * 2 || seal->frame_count > segment->file_bytes)
        return false;
    size_t size = (size_t)seal->frame_count * FOOTER_FRAME_BYTES + 16;
    char *raw = malloc(size);
    size_t got = raw ? ZSTD_decompress(raw, size, footer->ptr, footer->len) : 0;
    bool good = raw && !ZSTD_isError(got);
    struct cursor in = good ? cursor_of((struct str){raw, got}) : (struct cursor){0};
    for (uint32_t i = 0; good && i < seal->frame_count; i++)
        good = footer_take(segment, &in);
    good = good && cursor_left(&in) == 0 && segment->end <= seal->end;
    free(raw);
    return good;
}

static bool load_footer(struct segment *segment)
{
    struct seal seal;
    struct buf footer = {0};
    if (!read_seal(segment, &seal))
        return false;
    bool good =
        buf_reserve(&footer, seal.footer_bytes + (size_t)1) &&
        journal__read_all(segment->fd, footer.ptr, seal.footer_bytes, seal.end, NULL) == STATUS_OK;
    footer.len = seal.footer_bytes;
    good = good && journal__checksum(segment->id, footer.ptr, footer.len) == seal.footer_checksum &&
           footer_get(segment, &seal, &footer);
    buf_done(&footer);
    segment->end = seal.end;
    segment->content_count = seal.content_count;
    segment->arrival_max = seal.arrival_max;
    return good;
}

enum status journal__segment_load(struct segment *segment, struct error *error)
{
    if (segment->loaded)
        return STATUS_OK;
    if (segment->fd < 0) {
        char name[SEGMENT_PATH_BYTES];
        journal__segment_name(segment->id, name);
        segment->fd = openat(segment->directory, name, O_RDONLY | O_CLOEXEC);
        if (segment->fd < 0)
            return fail(error, STATUS_IO, "%s: %s", name, strerror(errno));
    }
    if (segment->sealed && load_footer(segment)) {
        segment->loaded = true;
        return STATUS_OK;
    }
    return journal__segment_scan(segment, segment->sealed ? segment->end : segment->file_bytes,
                                 error);
}

static void footer_put(const struct segment *segment, struct buf *out)
{
    uint64_t end = SEGMENT_HEADER_BYTES;
    uint32_t contents = 0;
    for (size_t i = 0; i < segment->frame_count; i++) {
        const struct frame_info *frame = &segment->frames[i];
        put_varint(out, (frame->chunk == i ? 1 : 0) | (frame->corrupt ? 2 : 0));
        put_varint(out, frame->offset - end);
        put_varint(out, frame->payload_bytes);
        put_varint(out, frame->raw_bytes);
        put_varint(out, frame->first_content - contents);
        put_varint(out, frame->content_count);
        end = frame->offset + FRAME_HEADER_BYTES + frame->payload_bytes;
        contents = frame->first_content + frame->content_count;
    }
}

enum status journal__segment_seal(const struct segment *segment, const struct journal_files *files,
                                  uint64_t *out_file_bytes, struct error *error)
{
    struct buf table = {0}, out = {0};
    footer_put(segment, &table);
    size_t bound = ZSTD_compressBound(table.len) + SEAL_BYTES;
    enum status status = STATUS_OK;
    if (table.failed || !buf_reserve(&out, bound))
        status = fail(error, STATUS_BUSY, "no memory for the footer of a segment");
    size_t size = status == STATUS_OK ? ZSTD_compress(out.ptr, bound, table.ptr, table.len, 3) : 0;
    if (status == STATUS_OK && ZSTD_isError(size))
        status =
            fail(error, STATUS_INTERNAL, "compressing the footer: %s", ZSTD_getErrorName(size));
    if (status == STATUS_OK) {
        struct seal seal = {.frame_count = (uint32_t)segment->frame_count,
                            .content_count = segment->content_count,
                            .footer_bytes = (uint32_t)size,
                            .end = segment->end,
                            .footer_checksum = journal__checksum(segment->id, out.ptr, size),
                            .arrival_max = segment->arrival_max};
        journal__seal_put(segment->id, &seal, (uint8_t *)out.ptr + size);
        status =
            journal__write_all(files, segment->fd, out.ptr, size + SEAL_BYTES, segment->end, error);
    }
    if (status == STATUS_OK && files->sync(segment->fd) != 0)
        status = disk_error(error, "syncing");
    if (status == STATUS_OK)
        *out_file_bytes = segment->end + size + SEAL_BYTES;
    buf_done(&table);
    buf_done(&out);
    return status;
}
