/* SPDX-License-Identifier: Apache-2.0 */
/* import_private: what the files that copy kinds of things share: writing what was read, as events
 * or as requests of their own. */
#pragma once

#include "cli/import.h"

/* As it was read; nothing when it is null or not there. */
void import__put(struct json_out *out, const char *name, const struct json *value);
/* Members of the same name. */
void import__put_all(struct json_out *out, const struct json *item, const char *const *names);
/* For a place in a path. */
struct str import__encoded(struct str text, struct arena *arena);
enum status import__get(struct client *client, struct str path, struct arena *arena,
                        struct json *out_reply, struct error *error);
/* To where the target keeps what a request writes; the project stands in the address there. Frees
 * the body. */
enum status import__write(struct import *import, const char *method, const char *path,
                          struct buf *body);

/* A page as one request of events. */
struct event_batch {
    struct buf body;
    struct json_out out;
    bool quiet;         /* what is refused is not told */
    struct json errors; /* what was refused; `count` 0: nothing */
};
void import__open_events(struct event_batch *batch);
/* What is the same in two imports has the same id. */
struct str import__event_id(const struct json *item, const char *type, struct arena *arena);
/* Opens the body's object. */
void import__open_event(struct event_batch *batch, const struct json *item, const char *type,
                        struct str time, struct arena *arena);
void import__close_event(struct event_batch *batch);
enum status import__send_events(struct import *import, struct event_batch *batch,
                                struct arena *arena);

enum status import__models(struct import *import, const struct json *items, struct arena *arena);
enum status import__score_configs(struct import *import, const struct json *items,
                                  struct arena *arena);
enum status import__scores(struct import *import, const struct json *items, struct arena *arena);
enum status import__archived_configs(struct import *import, const struct json *items,
                                     struct arena *arena);
