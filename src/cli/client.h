/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: a running server as a command sees it: one request, one answer, at a time.
 * Errors are sentences for the person at the terminal: what was tried, where, and what came back.
 */
#pragma once

#include "base/buf.h"
#include "base/status.h"
#include "wire/json.h"

struct client;

struct client_options {
    const char *url; /* "http://127.0.0.1:4318"; a last slash is fine */
    const char *key; /* "PUBLIC:SECRET"; NULL: none */
    const char
        *project; /* name, for a loopback server that asks for no key; NULL: the default one */
    size_t answer_bytes_max; /* 0: 16 MiB */
    bool patient; /* what only reads is asked again when the server fails or is not there */
};

enum status client_open(const struct client_options *options, struct client **out_client,
                        struct error *error);
void client_close(struct client *client); /* NULL is fine */

/* Any answer is STATUS_OK. body.ptr NULL: none. *out_body is the caller's to buf_done(). A path
 * that is a whole address ("https://…") is asked as it is, without the key and the project. */
enum status client_call(struct client *client, const char *method, const char *path,
                        const char *content_type, struct str body, int *out_http_status,
                        struct buf *out_body, struct error *error);
/* What the last answer, which was not 2xx, says: an error in the server's words. */
enum status client_refused(struct client *client, const char *path, int http_status,
                           struct error *error);
/* An answer that is not 2xx is an error too, in the server's words. Retries while the server is
 * busy (503) or wants fewer requests (429), and waits as long as it asks for, at most two minutes
 * at a time and seven times. */
enum status client_post(struct client *client, const char *path, const char *content_type,
                        struct str body, struct buf *out_body, struct error *error);
/* GET; only 200 is fine. The answer lives in the arena. */
enum status client_get_json(struct client *client, const char *path, struct arena *arena,
                            struct json *out_reply, struct error *error);
/* The same by any method. */
enum status client_ask(struct client *client, const char *method, const char *path,
                       const char *content_type, struct str body, struct buf *out_body,
                       struct error *error);
/* Until /readyz says 200; gives up after so many seconds, or as soon as process `pid` (0: any) is
 * gone. */
enum status client_wait_ready(struct client *client, int seconds, int pid, struct error *error);
/* The name of the project that requests of this client go to, copied into `out`. */
enum status client_project(struct client *client, char *out, size_t size, struct error *error);
