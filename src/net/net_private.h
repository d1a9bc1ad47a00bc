/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_private: what the files of net share.
 *
 * A connection belongs to one loop (one thread) for life; so does every exchange, which is one
 * request and its answer. An exchange goes
 *
 *     HEAD -> BODY -> HANDLING -> SENDING -> freed
 *
 * Somebody else holds it in HANDLING, the handler until request_reply(), and until stream_end() who
 * writes a stream. The loop may let go of the connection meanwhile (`carrier` becomes NULL); the
 * exchange is then freed when its reply arrives or its stream ends.
 *
 * Invariants
 *  1. Everything in these structs is touched by the owning loop only, except: the request and
 * response of an exchange in HANDLING (the handler), `answered` (atomic), and what loop->lock
 * guards.
 *  2. `ready` is set by the loop: the response is complete and the loop's own.
 *  3. Each exchange holds one reference to the server, so a late reply always finds its loop.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/must.h"
#include "net/server.h"
#include "wire/compress.h"

enum {
    SEGMENTS_MAX = 24,
    LISTENERS_MAX = 16,
    LOOPS_MAX = 16,
    EXTRA_HEADERS_MAX = 8,
    SCRATCH_BYTES = 128 * 1024, /* what one recv() may bring */
    OUT_BYTES = 128 * 1024,     /* what one send() should take */
    SLOW_BYTES_PER_SEC = 4096,  /* a body, or a reader of ours, slower than this is cut off */
    HEAD_SECONDS =
        30, /* a request's head must be complete, a body's grace before the rate counts */
    DRAIN_SECONDS = 2, /* how long we read on after refusing a body */
};

struct server;
struct loop;
struct h2;
struct MHD_Daemon;
struct MHD_Connection;
struct MHD_Response;

/* What an epoll event points at. */
struct watch {
    void (*ready)(struct watch *watch, uint32_t events);
};

/* --- routes ------------------------------------------------------------------------------ */

struct segment {
    struct str text; /* the literal, or the part's name */
    enum { SEGMENT_LITERAL, SEGMENT_PART, SEGMENT_REST } kind;
};

struct compiled_route {
    const struct route *route;
    struct str method;
    struct segment segments[SEGMENTS_MAX];
    size_t segment_count;
};

struct path {
    struct str raw[SEGMENTS_MAX];     /* as sent, without the slashes */
    struct str decoded[SEGMENTS_MAX]; /* in the request's arena */
    size_t count;
    bool too_deep;
};

struct router {
    struct compiled_route *routes; /* the most specific first */
    size_t count;
};

enum status net__router_init(struct router *router, const struct route *routes, size_t count,
                             struct error *error);
void net__router_done(struct router *router);
/* STATUS_NOT_FOUND; STATUS_METHOD with the methods there are in *out_allow. For OPTIONS *out_route
 * is any route of the path, with STATUS_METHOD. */
enum status net__route(const struct router *router, struct str method, struct path *path,
                       struct arena *arena, const struct compiled_route **out_route,
                       struct str *out_allow, struct error *error);
/* Cuts and decodes "/a/b%20c"; false when an escape is broken. */
bool net__path_split(struct str raw, struct arena *arena, struct path *out_path);
/* Every '%' is followed by two hexadecimal digits, and none stands for a zero byte. */
bool net__percent_valid(struct str text);
/* '%XX', and '+' too when plus_is_space. ptr NULL: broken escape or no memory. */
struct str net__percent_decode(struct str text, bool plus_is_space, struct arena *arena);

/* --- one request and its answer ---------------------------------------------------------- */

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_HANDLING, PHASE_SENDING };

struct connection;

struct exchange {
    struct request request; /* first: request->owner is the exchange */
    struct server *server;
    struct loop *loop;
    struct exchange *next, *previous; /* all of the loop */
    struct exchange *next_reply;      /* in the loop's queue of replies */
    struct connection *carrier;       /* NULL: nobody waits for the answer any more */
    struct MHD_Connection *mhd;       /* HTTP/1.1 */
    int32_t stream_id;                /* HTTP/2 */

    enum phase phase;
    int64_t phase_since_ns;
    int64_t deadline_ns; /* from grpc-timeout; 0: none */
    bool dispatching;    /* inside net__finish: the carrier looks at `ready` itself */
    bool ready;
    bool suspended; /* HTTP/1.1: libmicrohttpd waits for us */
    atomic_bool answered;

    /* The head. */
    struct str target; /* as sent */
    size_t head_bytes, header_capacity;
    bool head_too_large;
    bool is_head;
    bool has_transfer_encoding;
    const struct compiled_route *route;
    struct path path;

    /* The body, as it arrives. */
    char *body;
    size_t body_len, body_capacity;
    size_t body_expected;   /* as announced; 0: unknown */
    int64_t content_length; /* -1: unknown */
    size_t received_bytes;  /* on the wire */
    size_t reserved_bytes;  /* of server->bodies_bytes */
    enum encoding encoding;
    uint8_t frame_head[5]; /* gRPC */
    size_t frame_head_len;
    bool frame_compressed;
    uint32_t frame_length;

    /* The answer. */
    struct response response;
    struct header extra[EXTRA_HEADERS_MAX]; /* values static or in the arena */
    size_t extra_count;
    int http_status;
    int64_t retry_ms;      /* -1: no use */
    size_t sent;           /* of the body, HTTP/2 */
    struct stream *stream; /* the body that has no end yet; NULL: `response` has all of it */
    struct MHD_Response *streaming; /* HTTP/1.1: libmicrohttpd's own of it */
};

struct exchange *net__exchange_new(struct connection *carrier, enum protocol protocol);
void net__exchange_free(struct exchange *exchange);
/* The peer, or the loop, no longer wants the answer. Frees the exchange unless the handler holds
 * it. */
void net__exchange_detach(struct exchange *exchange);
/* Nobody waits for the answer any more, and the handler has given it. */
void net__exchange_drop(struct exchange *exchange);
void net__exchange_phase(struct exchange *exchange, enum phase phase);

/* The name is put in lower case. Counts towards the limit. */
void net__add_header(struct exchange *exchange, struct str name, struct str value);
/* The head is complete: route, authorise, make room for the body. Refusals make the exchange
 * `ready`. */
void net__begin(struct exchange *exchange);
/* More of the body. False: refused, and `ready`. */
bool net__body(struct exchange *exchange, const void *bytes, size_t len);
/* The body is complete: decompress and hand to the route. `ready` when the answer is there already.
 */
void net__finish(struct exchange *exchange);
void net__refuse(struct exchange *exchange, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* reply.c: fills what the handler left open, words errors, compresses. On the answering thread. */
struct str net__reply_body(const struct exchange *exchange); /* of a reply that is not a file */
size_t net__reply_len(const struct exchange *exchange);
const char *net__reply_type(const struct exchange *exchange); /* NULL: no body, no type */
void net__extra_header(struct exchange *exchange, struct str name, struct str value);
void net__preflight(struct exchange *exchange, struct str allow);
void net__count_reply(const struct exchange *exchange);

/* stream.c: bodies without an end yet. All on the loop's thread. */
/* Takes what waits, at most `room` bytes. 0: nothing now, or *out_ended. */
size_t net__stream_take(struct exchange *exchange, void *out, size_t room, bool *out_ended);
/* Of a stream that has ended; of one that was broken off there are none. */
size_t net__stream_trailers(const struct exchange *exchange, const struct header **out_trailers);
/* The reader is gone; writers hear of it. */
void net__stream_detach(struct exchange *exchange);
/* Likewise. True: the writer still holds the exchange, whose end frees it; do not touch it again.
 */
bool net__stream_abandon(struct exchange *exchange);
void net__stream_finish(struct exchange *exchange); /* ends behind what waits */
bool net__stream_is_stuck(const struct exchange *exchange);
/* There is news of a stream, and the inbox's hold of it ends. */
void net__stream_deliver(struct stream *streams);
/* True: it was not in the inbox yet, and is now. Under loop->lock. */
bool net__stream_enqueue(struct stream *stream, struct stream **inbox);
/* The inbox was taken. Under loop->lock. */
void net__stream_taken(struct stream *streams);

/* grpc_call.c: gRPC's part of a request over HTTP/2. */
bool net__is_grpc(const struct exchange *exchange);
enum status net__grpc_begin(struct exchange *exchange, struct error *error);
/* Takes the frame's head off the bytes; false: refused. */
bool net__grpc_body(struct exchange *exchange, const uint8_t **bytes, size_t *len);
enum status net__grpc_finish(struct exchange *exchange, struct error *error);
/* Status, message and details for the trailers, in the arena. */
struct grpc_trailers {
    struct str status, message, details;
};
struct grpc_trailers net__grpc_trailers(struct exchange *exchange);

/* --- connections and loops --------------------------------------------------------------- */

enum kind { KIND_NEW, KIND_HTTP1, KIND_HTTP2 };

struct connection {
    struct watch watch; /* first */
    struct loop *loop;
    struct connection *next, *previous; /* all of the loop; next also in the graveyard */
    int fd;                             /* HTTP/1.1: libmicrohttpd's after the hand-over */
    enum kind kind;
    bool closed;
    bool on_loopback; /* came in by a port bound to loopback */
    bool peer_is_loopback;
    char peer[64];
    int64_t since_ns;    /* NEW: accepted; else: last known to be idle */
    size_t active_count; /* exchanges */
    /* HTTP/1.1 */
    struct MHD_Connection *mhd;
    bool draining; /* answered past libmicrohttpd; only reading is left */
    int64_t drain_since_ns;
    struct watch hangup; /* while a slow handler works */
    struct exchange *watched;
    /* HTTP/2 */
    struct h2 *h2;
};

struct loop {
    struct server *server;
    pthread_t thread;
    bool thread_runs;
    int epoll_fd, wake_fd;
    struct watch wake, mhd_watch;
    struct MHD_Daemon *mhd;
    bool mhd_due;
    int64_t now_ns, next_sweep_ns, stop_deadline_ns;
    bool stopping;
    struct exchange *exchanges;
    struct connection *connections;
    struct connection *graveyard; /* closed; freed when no event of this round can point at them */
    struct connection *flushing;  /* HTTP/2 with something to send, chained in h2 */
    struct connection *adding;    /* being handed to libmicrohttpd */
    struct exchange *replies;     /* given on this very thread */
    uint8_t *scratch, *out;
    atomic_size_t connection_count;

    pthread_mutex_t lock; /* guards what follows */
    struct exchange *inbox_replies;
    struct connection *inbox_connections;
    struct stream *inbox_streams;
    bool inbox_stop, gone;
    int64_t inbox_deadline_ns;
};

struct listener {
    struct watch watch; /* first */
    struct server *server;
    int fd;
    bool on_loopback;
};

struct server {
    struct server_options options; /* zeros replaced */
    struct router router;
    struct loop *loops;
    size_t loop_count;
    struct listener listeners[LISTENERS_MAX]; /* slots are filled once, under the lock */
    size_t listener_count;
    pthread_mutex_t lock;
    bool accept_paused; /* out of descriptors: the first loop's own */
    atomic_size_t references, connection_count, bodies_bytes;
    atomic_bool stopping; /* set before any loop hears of it */
};

void net__server_unref(struct server *server);
void net__accept_resume(struct server *server); /* on the first loop, each second */
void net__listeners_close(struct server *server);

enum status net__loop_start(struct loop *loop, struct server *server, struct error *error);
/* This thread turns the loop from now on. For the loop's own, and for a fuzzer without one. */
void net__loop_enter(struct loop *loop);
void net__loop_stop(struct loop *loop, int64_t deadline_ns); /* asks; join with net__loop_join() */
void net__loop_join(struct loop *loop);
void net__loop_done(struct loop *loop);
/* From any thread; the loop owns the connection (and its descriptor) then. */
void net__loop_give(struct loop *loop, struct connection *connection);
/* From any thread, after the response is filled. */
void net__loop_reply(struct exchange *exchange);
/* From any thread: something is to be sent, or the end. False: the loop has ended. */
bool net__loop_tell(struct loop *loop, struct stream *stream);
bool net__loop_watch(struct loop *loop, int fd, struct watch *watch, uint32_t events,
                     int operation);
/* Takes it out of the loop's list; the memory goes at the end of the round. */
void net__connection_bury(struct connection *connection);
void net__close_new(struct connection *connection); /* one whose protocol is not known yet */

/* patience.c: once a second, who is too slow. */
void net__sweep(struct loop *loop);
int64_t net__idle_ns(const struct server *server);
/* For a head; a body may take as long before its pace is looked at. */
int64_t net__head_ns(const struct server *server);

enum status net__h1_start(struct loop *loop, struct error *error);
void net__h1_run(struct loop *loop);
int64_t net__h1_wait_ms(struct loop *loop); /* -1: as long as you like */
void net__h1_stop(struct loop *loop);
void net__h1_adopt(struct connection *connection);
void net__h1_reply(struct exchange *exchange);
void net__h1_resume(struct exchange *exchange); /* its stream has something to send */
void net__h1_kill(struct exchange *exchange, enum status status, const char *message);
void net__h1_sweep(struct connection *connection);
/* Nothing more will come. libmicrohttpd does not see an end that came together with the last bytes.
 */
bool net__h1_has_left(const struct connection *connection);

void net__h2_adopt(struct connection *connection);
void net__h2_reply(struct exchange *exchange);
void net__h2_resume(struct exchange *exchange); /* its stream has something to send */
/* Answers in the handler's place, and lets go of the exchange. */
void net__h2_give_up(struct exchange *exchange, enum status status, const char *message);
void net__h2_sweep(struct connection *connection);
void net__h2_flush(struct connection *connection);
void net__h2_goodbye(struct connection *connection); /* GOAWAY; closes when nothing is left */
void net__h2_close(struct connection *connection);

/* --- counters that more than one file moves ---------------------------------------------- */

enum refusal {
    REFUSED_HEAD,
    REFUSED_BODY,
    REFUSED_INFLATED,
    REFUSED_ENCODING,
    REFUSED_MEMORY,
    REFUSED_BUSY,
    REFUSED_SLOW,
    REFUSED_CONNECTIONS,
    REFUSED_HOST,
    REFUSED_FLOOD,
};
void net__count_refusal(enum refusal refusal);
void net__count_bytes(size_t in, size_t out);
void net__count_connection(enum protocol protocol);
void net__count_open(int change);
