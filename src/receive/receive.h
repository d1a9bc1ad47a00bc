/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive: a request -> a batch. One file a protocol, one row in receivers.def.
 *
 * The joint (receive.c) is the same for all: it calls decode, hands the batch on through the
 * function it was given, and calls `reply` when the batch is durable or refused. Decoders are pure:
 * request in, batch out.
 */
#pragma once

#include "model/batch.h"
#include "net/http.h"

struct receiver {
    const char *name; /* option prefix, metric label, docs heading */
    const char *summary;
    const char *const *patterns; /* routes, "POST /v1/traces"; NULL-terminated. Only POST is open
                                  * to pages of other origins. */
    bool takes_public_key;       /* for giving scores: a public key alone is enough */
    /* Fills the batch. STATUS_OK with batch->rejected_count > 0: part of it was refused by name. */
    enum status (*decode)(struct request *request, struct batch *out_batch, struct error *error);
    /* Words the answer after the batch is durable (STATUS_OK), or for an error. NULL: 200 and `{}`.
     * The records are gone by then: of the batch only counts, reasons and project are left. */
    void (*reply)(struct request *request, const struct batch *batch, enum status status,
                  const struct error *error, struct response *out_response);
};

struct receive_options {
    /* Makes the batch durable; same contract as journal_append(). */
    enum status (*append)(void *context, const struct batch *batch,
                          void (*done)(void *context, enum status status,
                                       const struct error *error),
                          void *done_context, struct error *error);
    void *context;
    const struct score_configs *score_configs; /* NULL: scores are held to none */
    size_t batch_bytes_max;                    /* arena of one batch; 0: 256 MiB */
    /* For tests without sockets; NULL: those of net. */
    void (*reply)(struct request *request, struct response *response);
    void *(*take_body)(struct request *request);
};

/* Why a record was refused, as /metrics counts it. */
enum reject_reason {
    REJECT_SHAPE, /* broken bytes, a wrong type */
    REJECT_ID,    /* trace and span ids */
    REJECT_VALUE, /* numbers that cannot be, members that are missing */
    REJECT_LIMIT, /* too many, too deep */
    REJECT_REASON_COUNT
};
/* Counts `records` refused records of one kind with one reason, which is worded only once. */
void receive_reject(struct batch *batch, enum signal signal, enum reject_reason reason,
                    size_t records, const char *words);

/* Appends one route for every pattern of every receiver. `options` must outlive the server. */
size_t receive_routes(const struct receive_options *options, struct route *out_routes, size_t max);
