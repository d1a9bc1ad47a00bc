/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: bodies without an end yet. Two hold a stream: whoever writes it, on any thread, and the
 * exchange that sends it, on its loop's. Between them stands a queue with a lock; the loop hears of
 * news by its inbox, in which a stream stands at most once.
 */
#include "net/net_private.h"

#include <stdlib.h>
#include <string.h>

GAUGE(open_streams, "vitrine_http_streams", "", "Replies that go on until somebody ends them");

struct stream {
    _Atomic int references; /* the writer, the exchange, the inbox */
    struct loop *loop;
    struct server *server;

    pthread_mutex_t lock; /* guards the next five */
    struct buf queue;
    size_t taken; /* of the queue */
    size_t queue_bytes_max;
    bool ended; /* nothing follows what waits */
    bool gone;  /* nobody reads */

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
    buf_done(&stream->queue);
    net__server_unref(stream->server);
    free(stream);
    counter_add(&open_streams, -1);
}

/* --- the writer's side ------------------------------------------------------------------- */

enum status request_stream(struct request *request, struct response *response,
                           size_t queue_bytes_max, struct stream **out_stream, struct error *error)
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
        .queue_bytes_max = queue_bytes_max,
        .exchange = exchange,
        .taken_ns = clock_mono_ns(),
    };
    pthread_mutex_init(&stream->lock, NULL);
    atomic_fetch_add(&stream->server->references, 1);
    counter_add(&open_streams, 1);
    exchange->stream = stream;
    *out_stream = stream;
    request_reply(request, response);
    return STATUS_OK;
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
    return stream->queue.len - stream->taken;
}

enum status stream_write(struct stream *stream, struct str bytes)
{
    enum status status = STATUS_OK;
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

static void set_ended(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    pthread_mutex_unlock(&stream->lock);
}

void stream_end(struct stream *stream)
{
    set_ended(stream);
    net__loop_tell(stream->loop, stream);
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

size_t net__stream_take(struct exchange *exchange, void *out, size_t room, bool *out_ended)
{
    struct stream *stream = exchange->stream;
    pthread_mutex_lock(&stream->lock);
    size_t left = waiting(stream), len = left < room ? left : room;
    if (len)
        memcpy(out, stream->queue.ptr + stream->taken, len);
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

void net__stream_finish(struct exchange *exchange)
{
    set_ended(exchange->stream);
    resume(exchange);
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
        unref(stream);
    }
}
