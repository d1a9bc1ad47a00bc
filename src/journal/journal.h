/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: the durable, append-only truth about telemetry.
 *
 * Segment files hold frames; a frame holds the batches of one group commit, compressed and
 * checksummed. Long texts are stored once a segment: a JSON array of messages is split into its
 * elements, and a list that continues an earlier one is stored as that parent and what is new.
 * Reading gives back the sender's bytes exactly.
 *
 * Owns     the directory and every file in it; holds its lock while open.
 * Threads  journal_append() and the reads from any thread; one journal thread writes.
 * Limits   queue_bytes wait to be written: beyond, STATUS_BUSY. Below disk_low_bytes free:
 * STATUS_FULL, until more than disk_resume_bytes are free again. A batch encodes to at most
 * frame_bytes_max. Errors   a failed write or sync fails every batch of that group; nothing of it
 * is read later.
 */
#pragma once

#include "model/batch.h"

struct journal;
struct chunk;

struct journal_options {
    const char *directory;     /* created when absent */
    size_t segment_bytes;      /* a new segment begins beyond; 0: 128 MiB */
    size_t queue_bytes;        /* 0: 64 MiB */
    int group_wait_us;         /* how long the first batch of a group waits for company; 0: 1000 */
    int64_t disk_low_bytes;    /* 0: 256 MiB or 5 % of the disk, whichever is less; -1: none */
    int64_t disk_resume_bytes; /* 0: 1.25 times the low mark */
    size_t cache_bytes;        /* recent frames and decompressed chunks kept; 0: 48 MiB */
    size_t kept_bytes;         /* and of chunks that a visitor keeps; 0: 80 MiB */
    int zstd_level;            /* 0: chosen by measurement */
};

/* Where a frame stands. Frames are ordered by (segment, offset). */
struct journal_position {
    uint32_t segment;
    uint64_t offset; /* of the frame's header in the segment's file */
};
int journal_position_compare(struct journal_position a, struct journal_position b);

/* Where one record stands: spans, logs and points of a frame are numbered each from 0, in order. */
struct journal_location {
    struct journal_position frame;
    enum signal signal;
    uint32_t record;
};

/* Opens, recovers (cuts a torn tail off the last segment) and starts the journal thread. */
enum status journal_open(const struct journal_options *options, struct journal **out_journal,
                         struct error *error);
/* Writes what waits, then closes. Every append's `done` has been called when it returns. NULL is
 * fine. */
void journal_close(struct journal *journal);

/*
 * Encodes the batch on the calling thread and queues it. STATUS_OK: `done` is called exactly once,
 * later, on the journal thread (it must not block), with STATUS_OK after the frame is on disk.
 * Anything else: not queued, `done` is never called. The batch stays the caller's either way and
 * may be freed right after.
 */
enum status journal_append(struct journal *journal, const struct batch *batch,
                           void (*done)(void *context, enum status status,
                                        const struct error *error),
                           void *context, struct error *error);

/* A frame as readers get it: its batches, with content of other frames as VALUE_CONTENT. */
struct journal_frame {
    struct journal_position position,
        next;               /* next: where the following frame begins or will begin */
    struct batch **batches; /* freed by journal_frame_done() */
    size_t batch_count;
    /* Number of the first record of each batch within the frame, by signal. */
    uint32_t (*first_record)[SIGNAL_COUNT];
    struct chunk *memory; /* that the strings of the batches point into; the journal's own */
};
void journal_frame_done(struct journal_frame *frame);

/*
 * Reads the frame at or after `from`, waiting up to timeout_ms for one to be written.
 * STATUS_TIMEOUT: none yet. STATUS_CANCELLED: journal_wake() was called or the journal is closing.
 * STATUS_CORRUPT: the frame does not check out; *out_frame->next says where to go on.
 * STATUS_NOT_FOUND never: a segment dropped by retention is skipped.
 */
enum status journal_read(struct journal *journal, struct journal_position from, int timeout_ms,
                         struct journal_frame *out_frame, struct error *error);
void journal_wake(struct journal *journal); /* makes waiting journal_read() calls return */
/* Where the next frame will be written: everything before is readable. */
struct journal_position journal_end(struct journal *journal);

/* One record, as a batch with only it (and its resource, scope, metric). batch_free() it.
 * STATUS_NOT_FOUND when retention has dropped it. */
enum status journal_read_record(struct journal *journal, struct journal_location location,
                                struct batch **out_batch, struct error *error);
/* Content behind VALUE_CONTENT, whole or a part of it. */
enum status journal_read_content(struct journal *journal, struct content_ref ref, size_t offset,
                                 size_t length, struct arena *arena, struct str *out_text,
                                 struct error *error);
struct content_source journal_content_source(struct journal *journal);

/*
 * Chunks, for what is derived from the journal's distinct texts. A chunk is some consecutive
 * frames; its contents are numbered on from those of the chunk before it in the segment.
 */
struct journal_chunk {
    uint32_t segment, first_frame, frame_count; /* frames by their number in the segment */
    uint32_t first_content, content_count;
    uint64_t start, end; /* offsets of its frames in the segment's file */
    bool complete;       /* nothing will be added to it */
};
struct journal_chunks {
    struct journal_chunk *items; /* ascending; free() them */
    size_t count;
    int64_t created_ns; /* of the segment */
    uint32_t content_count;
};
/* STATUS_NOT_FOUND when retention has dropped the segment. */
enum status journal_list_chunks(struct journal *journal, uint32_t segment,
                                struct journal_chunks *out_chunks, struct error *error);

/* Calls what is not NULL for all of a chunk, frame by frame: contents ascending, then records. */
struct journal_visitor {
    void *context;
    /* A frame begins: its number in the chunk. */
    void (*frame)(void *context, uint32_t number);
    /* Bytes of a content: a text, or those of a list that stand in the list itself. */
    void (*text)(void *context, uint32_t ordinal, struct str bytes);
    /* A list takes over another content, whole or the beginning of it; that has a lower number. */
    void (*link)(void *context, uint32_t list, uint32_t ordinal);
    /* A record: number `index` of its signal in the batch; all its content as VALUE_CONTENT. */
    void (*record)(void *context, struct journal_location location, const struct batch *batch,
                   size_t index);
    /* At the end: whether somebody will read texts or records of it soon, so that it goes to the
     * cache. NULL: it does not. */
    bool (*keep)(void *context);
};
/* A chunk with a smaller frame_count is visited up to there, and no more is decompressed. What a
 * damaged frame and those behind it hold is left out. */
enum status journal_visit_chunk(struct journal *journal, const struct journal_chunk *chunk,
                                const struct journal_visitor *visitor, struct error *error);
/* Lets go of the chunks that visitors kept and nobody read since (clock_mono_ns()). */
void journal_forget_kept(struct journal *journal, int64_t before_ns);

struct journal_stats {
    uint32_t first_segment, last_segment;
    uint64_t file_bytes;    /* on disk, all segments */
    uint64_t raw_bytes;     /* encoded payload before dedup and compression, since open */
    uint64_t written_bytes; /* written since open */
    uint64_t waiting_bytes; /* queued */
    bool accepting;
    char reason[120]; /* why not, when not accepting */
    int64_t disk_free_bytes;
};
void journal_get_stats(struct journal *journal, struct journal_stats *out_stats);

/*
 * Retention: unlinks whole segments, oldest first, whose newest record arrived before `before_ns`,
 * and then while all files together exceed max_bytes (0: no such limit). Never the segment being
 * written. Gives the first segment that is left; the index drops the rows of those before it.
 */
enum status journal_retain(struct journal *journal, int64_t before_ns, uint64_t max_bytes,
                           uint32_t *out_first_segment, struct error *error);

/* Checks every byte of a journal nobody has open. `progress` may be NULL. */
struct journal_check {
    uint64_t segments, frames, batches, records, contents, bytes;
    uint64_t torn_bytes; /* a tail that was never acknowledged: normal after a crash */
    uint64_t corrupt_frames;
    struct error first_problem;
};
enum status journal_check(const char *directory,
                          void (*progress)(void *context, uint64_t done_bytes, uint64_t all_bytes),
                          void *context, struct journal_check *out_check, struct error *error);
