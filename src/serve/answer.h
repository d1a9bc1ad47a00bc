/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: rows of a question (query/ask.h) -> the bytes of a reply, in the format that was asked
 * for. Given a sink that writes, and told how the question ended. One file and one row of
 * answer_formats.def a format.
 */
#pragma once

#include "query/ask.h"
#include "serve/serve_private.h"
#include "serve/spool.h"

struct answer;

struct answer_format {
    const char *name, *content_type;
    enum status (*head)(struct answer *answer, struct error *error);
    enum status (*row)(struct answer *answer, const struct ask_cell *cells,
                       const struct ask_pointer *pointer, struct error *error);
    enum status (*end)(struct answer *answer, const struct ask_reply *reply, struct error *error);
    void (*done)(struct answer *answer); /* NULL: nothing of its own */
    /* Behind the rows that came before it. NULL: an answer must be whole before it is sent. */
    void (*say_error)(struct answer *answer, enum status status, const struct error *error,
                      const struct ask_reply *reply);
};
#define FORMAT(name) extern const struct answer_format answer_##name;
#include "serve/answer_formats.def"
#undef FORMAT

struct answer {
    const struct answer_format *format;
    struct arena *arena;
    struct spool spool;
    struct ask_head head; /* its columns are the question's */
    struct str *names;    /* of the columns, each once, for formats that need that */
    struct json_out out;  /* into the spool's buffer */
    struct buf pointers;  /* a JSON array, written beside the rows */
    struct json_out pointers_out;
    bool has_head, as_it_is; /* as_it_is: texts are not made harmless for spreadsheets */
    void *own;               /* the format's */
    struct call *call;       /* a large answer goes out to it while it is made; NULL: none does */
    struct stream *stream;   /* from when on it does */
};

/* What the asker wants: the body's members `format` and `raw`; without a format the Accept header
 * decides, then it is JSON. */
struct answer_choice {
    const struct answer_format *format;
    bool as_it_is;
};
enum status answer_choose(struct call *call, const struct json *body,
                          struct answer_choice *out_choice);

void answer_begin(struct answer *answer, const struct answer_choice *choice, struct arena *arena,
                  const char *directory);
/* Sends it to the call while it is being made, if it grows large and its format can: answer->stream
 * is not NULL then, the call's request is net's, and answer_stream_end() takes the place of all
 * other replies. The answer's arena must not be the request's. */
void answer_stream_to(struct answer *answer, struct call *call);
/* However the question ended: answer_end() was called before if it ended well. */
void answer_stream_end(struct answer *answer, enum status status, const struct ask_reply *reply);
/* Call after each row or so. */
enum status answer_flush(struct answer *answer, struct error *error);
struct ask_sink answer_sink(struct answer *answer);
/* After the question ended well: what comes behind the rows. Then the spool has it all. */
enum status answer_end(struct answer *answer, const struct ask_reply *reply, struct error *error);
void answer_done(struct answer *answer);
/* The whole answer as the call's response, with its type and what JSON says behind the rows as
 * headers. */
enum status answer_give(struct answer *answer, struct call *call, const struct ask_reply *reply);

/* {"rows_matched":…}, as the member `key`. */
void answer_statistics(struct json_out *out, const char *key, const struct ask_reply *reply);
/* The reply to a question that failed: the error with its position, when there is one. */
void answer_error(struct call *call, enum status status, const struct ask_reply *reply);
/* The same as a JSON object. */
void answer_write_error(struct json_out *out, const char *key, enum status status,
                        const struct error *error, const struct ask_reply *reply);

/* One cell as in JSON rows. */
void answer_cell(struct json_out *out, const char *key, enum ask_type type,
                 const struct ask_cell *cell);
/* 2026-11-21T07:00:00.123456789Z, without trailing zeros; room for 40 bytes. */
struct str answer_time(int64_t time_ns, char *room);
