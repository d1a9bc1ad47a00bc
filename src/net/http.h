/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: requests in and replies out, the same over HTTP/1.1 (libmicrohttpd), HTTP/2 (nghttp2) and
 * gRPC.
 *
 * A route's handler runs on a net thread when it is `inline_` (must not wait or compute for more
 * than a few milliseconds), else on the query pool. It answers by calling request_reply() exactly
 * once, then or later, from any thread; until then the request and all its memory stay.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum protocol { PROTOCOL_HTTP1, PROTOCOL_HTTP2, PROTOCOL_GRPC };

struct header {
    struct str name, value; /* names in lower case */
};

struct request {
    enum protocol protocol;
    struct str method, path, query; /* path is percent-decoded, query is not */
    struct header *headers;
    size_t header_count;
    struct str body;    /* decompressed; for gRPC the message without its five-byte frame */
    size_t limit_bytes; /* of the decompressed body; net has refused more */
    struct str peer;    /* "127.0.0.1:5123" */
    bool peer_is_loopback;
    uint32_t project_id; /* set by the authorise hook before the handler runs */
    bool scores_only;    /* likewise: a public key alone, which may only give scores */
    struct arena arena;  /* freed after the reply is sent */
    int64_t arrival_ns;
    _Atomic bool cancelled; /* the sender went away: give up early if you can */
    void *note;             /* a receiver's own, from decode to reply; in the arena */
    void *owner;            /* net's own */
};

struct str request_header(const struct request *request, struct str lower_case_name);
/* The first value of a query parameter, decoded into the arena; STR_NONE when absent. */
struct str request_param(struct request *request, struct str name);
/* The n-th value of a repeated parameter. */
struct str request_param_at(struct request *request, struct str name, size_t n);
/* The body's memory (malloc), which the caller now owns, so that a batch can keep pointing into
 * it; request->body stays readable as long as that memory does. NULL when there is none. */
void *request_take_body(struct request *request);

struct response {
    enum status status;
    int http_status;          /* 0: from status */
    const char *content_type; /* static text; NULL: application/json */
    struct buf body;          /* net takes and frees it */
    struct str
        static_body; /* used instead of body when its ptr is set: lives as long as the program */
    /* Used instead of both when file_bytes is not 0: an open file, sent from its beginning as fast
     * as the reader takes it. Net closes it. */
    int file;
    int64_t file_bytes;
    struct header headers[8]; /* values live in the request's arena or are static */
    size_t header_count;
    struct error error; /* when status is not OK and body is empty, net words the reply from it */
};
void response_header(struct response *response, struct str name, struct str value);

/* Sends. The request is net's again. *response is copied; its body is taken. */
void request_reply(struct request *request, struct response *response);
void request_reply_error(struct request *request, const struct error *error);

/*
 * A reply that goes on until somebody ends it: server-sent events. request_stream() takes the place
 * of request_reply(): the head of *response goes out, and its body is what stream_write() hands
 * over. Net never waits for a writer and a writer never for the net: what a reader has not taken
 * yet stands in a queue of at most `queue_bytes_max`, and what does not fit is refused.
 *
 * Whoever takes nothing of a waiting queue for as long as a request's head may take is cut off.
 * When the server stops, the stream ends behind what waits.
 *
 * With request_stream_file() the body is what stands in an open file, which the writer makes longer
 * until the end: nothing is ever refused, and what a reader has not taken costs no memory. When the
 * server stops before the writer has ended it, it is broken off.
 *
 * Until stream_end() the request stays, but its arena is net's; `cancelled` says that the reader
 * left.
 */
struct stream;
/* On failure the request is still the caller's to answer. Over gRPC there is no such reply. */
enum status request_stream(struct request *request, struct response *response,
                           size_t queue_bytes_max, struct stream **out_stream, struct error *error);
/* The file stays the caller's, too. */
enum status request_stream_file(struct request *request, struct response *response, int file,
                                struct stream **out_stream, struct error *error);
/* The file has so many bytes by now. STATUS_CANCELLED: as below. */
enum status stream_grow(struct stream *stream, size_t bytes);
/* All or nothing, from any thread. STATUS_BUSY: there is no room now. STATUS_CANCELLED: nobody
 * reads any more, or the server stops. */
enum status stream_write(struct stream *stream, struct str bytes);
size_t stream_room(struct stream *stream);  /* bytes that stream_write() would take now */
bool stream_is_open(struct stream *stream); /* false: stream_write() says STATUS_CANCELLED */
void stream_end(struct stream *stream);     /* behind what waits; the stream is net's again */
/* Likewise, with trailers (at most STREAM_TRAILERS_MAX), which are copied. */
enum { STREAM_TRAILERS_MAX = 4 };
void stream_end_with(struct stream *stream, const struct header *trailers, size_t count);

struct route {
    const char *method;  /* "GET", "POST"; a GET route also answers HEAD */
    const char *pattern; /* "/api/v1/traces/{trace_id}"; a last "{rest*}" takes the remainder */
    void (*handle)(struct request *request, void *context);
    void *context;
    bool inline_;          /* on the net thread */
    bool is_open;          /* no key needed even when keys are required (health) */
    bool takes_public_key; /* a public key alone is enough (for giving scores) */
    bool is_ingest;        /* counted and limited as ingest; CORS for any origin */
};
/* The part of the path a {name} stood for; STR_NONE when the route has no such part. */
struct str request_path_part(const struct request *request, struct str name);
