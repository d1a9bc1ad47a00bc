/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: bodies without an end yet. Two hold a stream: whoever writes it, on any thread, and the
 * exchange that sends it, on its loop's. Between them stands a queue with a lock, or a file that
 * grows; the loop hears of news by its inbox, in which a stream stands at most once.
 *
 * The exchange stays until its writer has ended the stream. When the reader is gone before, it is
 * abandoned: out of the loop's lists, and freed by whoever sees first that the writer has ended.
 */
#define _GNU_SOURCE
#include "net/net_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRAILER_BYTES_MAX = 64 * 1024 };

GAUGE(open_streams, "vitrine_http_streams", "", "Replies that go on until somebody ends them");

struct stream {
    _Atomic int references; /* the writer, the exchange, the inbox */
    struct loop *loop;
    struct server *server;

    int file;             /* -1: the queue; else the body, as far as `queued` */
    pthread_mutex_t lock; /* guards the next eight */
    struct buf queue;
    size_t queued, taken; /* of the file; taken also of the queue */
    size_t queue_bytes_max;
    bool ended;                 /* nothing follows what waits */
    bool gone;                  /* nobody reads */
    bool held;                  /* the writer has not ended it */
    struct exchange *abandoned; /* waits for the writer's end to be freed */

    struct arena arena; /* of the trailers, which are there when `held` is not */
    struct header trailers[STREAM_TRAILERS_MAX];
    size_t trailer_count;

    struct exchange *exchange; /* the loop's; NULL: gone */
    int64_t taken_ns;          /* likewise: when the reader last took something, or all */

    /* In the inbox, both guarded by loop->lock. */
    struct stream *next;
    bool waits;
    struct stream *next_taken; /* the loop's: a writer may put it into the inbox again meanwhile */
};

static void unref(struct stream *stream)
{
    if (atomic_fetch_sub(&stream->references, 1) > 1)
        return;
    pthread_mutex_destroy(&stream->lock);
    arena_done(&stream->arena);
    buf_done(&stream->queue);
    if (stream->file >= 0)
        close(stream->file);
    net__server_unref(stream->server);
    free(stream);
    counter_add(&open_streams, -1);
}

/* --- the writer's side ------------------------------------------------------------------- */

/* The file is the stream's from here on, unless it fails. */
static enum status begin(struct request *request, struct response *response, size_t queue_bytes_max,
                         int file, struct stream **out_stream, struct error *error)
{
    struct exchange *exchange = request->owner;
    if (request->protocol == PROTOCOL_GRPC)
        return fail(error, STATUS_INVALID, "there is no such reply over gRPC");
    if (atomic_load(&exchange->server->stopping))
        return fail(error, STATUS_BUSY, "the server is stopping");
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return fail(error, STATUS_BUSY, "no memory for one more stream");
    *stream = (struct stream){
        .references = 2,
        .loop = exchange->loop,
        .server = exchange->server,
        .file = file,
        .queue_bytes_max = queue_bytes_max,
        .held = true,
        .exchange = exchange,
        .taken_ns = clock_mono_ns(),
    };
    pthread_mutex_init(&stream->lock, NULL);
    arena_init(&stream->arena, TRAILER_BYTES_MAX);
    atomic_fetch_add(&stream->server->references, 1);
    counter_add(&open_streams, 1);
    exchange->stream = stream;
    *out_stream = stream;
    request_reply(request, response);
    return STATUS_OK;
}

enum status request_stream(struct request *request, struct response *response,
                           size_t queue_bytes_max, struct stream **out_stream, struct error *error)
{
    return begin(request, response, queue_bytes_max, -1, out_stream, error);
}

enum status request_stream_file(struct request *request, struct response *response, int file,
                                struct stream **out_stream, struct error *error)
{
    int own = fcntl(file, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return fail(error, STATUS_BUSY, "no descriptor for one more stream: %s", strerror(errno));
    enum status status = begin(request, response, 0, own, out_stream, error);
    if (status != STATUS_OK)
        close(own);
    return status;
}

/* What was taken makes room in front. */
static void compact(struct stream *stream)
{
    size_t left = stream->queue.len - stream->taken;
    if (stream->taken == 0)
        return;
    memmove(stream->queue.ptr, stream->queue.ptr + stream->taken, left);
    stream->queue.len = left;
    stream->taken = 0;
}

static size_t waiting(const struct stream *stream)
{
    return (stream->file < 0 ? stream->queue.len : stream->queued) - stream->taken;
}

enum status stream_write(struct stream *stream, struct str bytes)
{
    enum status status = STATUS_OK;
    must(stream->file < 0);
    pthread_mutex_lock(&stream->lock);
    if (stream->gone || stream->ended) {
        status = STATUS_CANCELLED;
    } else if (bytes.len > stream->queue_bytes_max - waiting(stream)) {
        status = STATUS_BUSY;
    } else {
        compact(stream);
        if (buf_reserve(&stream->queue, bytes.len))
            buf_add_str(&stream->queue, bytes);
        else
            status = STATUS_BUSY;
        stream->queue.failed = false;
    }
    pthread_mutex_unlock(&stream->lock);
    if (status == STATUS_OK)
        net__loop_tell(stream->loop, stream);
    return status;
}

enum status stream_grow(struct stream *stream, size_t bytes)
{
    must(stream->file >= 0);
    pthread_mutex_lock(&stream->lock);
    bool open = !stream->gone && !stream->ended;
    must(bytes >= stream->queued);
    stream->queued = bytes;
    pthread_mutex_unlock(&stream->lock);
    if (!open)
        return STATUS_CANCELLED;
    net__loop_tell(stream->loop, stream);
    return STATUS_OK;
}

size_t stream_room(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    size_t room = stream->gone || stream->ended ? 0 : stream->queue_bytes_max - waiting(stream);
    pthread_mutex_unlock(&stream->lock);
    return room;
}

bool stream_is_open(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool open = !stream->gone && !stream->ended;
    pthread_mutex_unlock(&stream->lock);
    return open;
}

/* Frees the exchange that waits for the writer's end, when that has come; once. */
static void free_abandoned(struct stream *stream)
{
    struct exchange *exchange = NULL;
    pthread_mutex_lock(&stream->lock);
    if (!stream->held) {
        exchange = stream->abandoned;
        stream->abandoned = NULL;
    }
    pthread_mutex_unlock(&stream->lock);
    if (exchange)
        net__exchange_free(exchange);
}

void stream_end(struct stream *stream)
{
    stream_end_with(stream, NULL, 0);
}

void stream_end_with(struct stream *stream, const struct header *trailers, size_t count)
{
    must(count <= STREAM_TRAILERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct header copy = {arena_copy(&stream->arena, trailers[i].name),
                              arena_copy(&stream->arena, trailers[i].value)};
        if (copy.name.ptr && copy.value.ptr)
            stream->trailers[stream->trailer_count++] = copy;
    }
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    stream->held = false;
    pthread_mutex_unlock(&stream->lock);
    if (!net__loop_tell(stream->loop, stream))
        free_abandoned(stream);
    unref(stream);
}

/* --- the loop's side --------------------------------------------------------------------- */

bool net__stream_enqueue(struct stream *stream, struct stream **inbox)
{
    if (stream->waits)
        return false;
    stream->waits = true;
    atomic_fetch_add(&stream->references, 1);
    stream->next = *inbox;
    *inbox = stream;
    return true;
}

static void resume(struct exchange *exchange)
{
    if (exchange->phase != PHASE_SENDING)
        return; /* its first bytes are asked for when the head is sent */
    if (exchange->request.protocol == PROTOCOL_HTTP1)
        net__h1_resume(exchange);
    else
        net__h2_resume(exchange);
}

/* From the page cache, as a rule: it was written a moment ago. What cannot be read back ends the
 * stream, and not as one that is complete. */
static size_t read_file(struct stream *stream, void *out, size_t len)
{
    ssize_t got = pread(stream->file, out, len, (off_t)stream->taken);
    if (got > 0)
        return (size_t)got;
    atomic_store(&stream->exchange->request.cancelled, true);
    return 0;
}

size_t net__stream_take(struct exchange *exchange, void *out, size_t room, bool *out_ended)
{
    struct stream *stream = exchange->stream;
    pthread_mutex_lock(&stream->lock);
    size_t left = waiting(stream), len = left < room ? left : room;
    if (len && stream->file < 0)
        memcpy(out, stream->queue.ptr + stream->taken, len);
    else if (len)
        len = read_file(stream, out, len);
    stream->taken += len;
    *out_ended = stream->ended && len == left;
    pthread_mutex_unlock(&stream->lock);
    stream->taken_ns = exchange->loop->now_ns;
    net__count_bytes(0, len);
    return len;
}

bool net__stream_is_stuck(const struct exchange *exchange)
{
    struct stream *stream = exchange->stream;
    pthread_mutex_lock(&stream->lock);
    bool empty = waiting(stream) == 0;
    pthread_mutex_unlock(&stream->lock);
    if (empty)
        stream->taken_ns = exchange->loop->now_ns;
    return exchange->loop->now_ns - stream->taken_ns > net__head_ns(exchange->server);
}

/* A file whose writer has more to say would look complete: its reader is told otherwise. */
void net__stream_finish(struct exchange *exchange)
{
    struct stream *stream = exchange->stream;
    pthread_mutex_lock(&stream->lock);
    if (stream->file >= 0 && stream->held)
        atomic_store(&exchange->request.cancelled, true);
    stream->ended = true;
    pthread_mutex_unlock(&stream->lock);
    resume(exchange);
}

bool net__stream_abandon(struct exchange *exchange)
{
    struct stream *stream = exchange->stream;
    if (!stream)
        return false;
    pthread_mutex_lock(&stream->lock);
    bool held = stream->held;
    stream->gone = true;
    if (held) {
        stream->exchange = NULL;
        stream->abandoned = exchange;
    }
    pthread_mutex_unlock(&stream->lock);
    return held;
}

size_t net__stream_trailers(const struct exchange *exchange, const struct header **out_trailers)
{
    struct stream *stream = exchange->stream;
    pthread_mutex_lock(&stream->lock);
    size_t count = stream->held ? 0 : stream->trailer_count;
    pthread_mutex_unlock(&stream->lock);
    *out_trailers = stream->trailers;
    return count;
}

void net__stream_detach(struct exchange *exchange)
{
    struct stream *stream = exchange->stream;
    if (!stream)
        return;
    exchange->stream = NULL;
    stream->exchange = NULL;
    pthread_mutex_lock(&stream->lock);
    stream->gone = true;
    pthread_mutex_unlock(&stream->lock);
    unref(stream);
}

void net__stream_taken(struct stream *streams)
{
    for (struct stream *stream = streams; stream; stream = stream->next) {
        stream->next_taken = stream->next;
        stream->waits = false;
    }
}

void net__stream_deliver(struct stream *streams)
{
    struct stream *next;
    for (struct stream *stream = streams; stream; stream = next) {
        next = stream->next_taken;
        if (stream->exchange)
            resume(stream->exchange);
        else
            free_abandoned(stream);
        unref(stream);
    }
}
