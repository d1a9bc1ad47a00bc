/* SPDX-License-Identifier: Apache-2.0 */
/* import_private: what the files that copy kinds of things share: reading from the source, writing
 * what was read, as events or as requests of their own, and telling what was left out. */
#pragma once

#include "cli/import.h"

enum { IMPORT_ANSWER_BYTES_MAX = 256 << 20, IMPORT_PAGES_MAX = 10000000 };

/* --- reading -------------------------------------------------------------------------------- */

enum status import__get(struct client *client, struct str path, struct arena *arena,
                        struct json *out_reply, struct error *error);
/* Whether the target has it already, at "path/id". */
bool import__is_there(struct import *import, const char *path, struct str id, struct arena *arena,
                      struct json *out_there);

typedef enum status import_take(struct import *import, const struct json *item, void *context,
                                struct arena *arena);
/* All of a list of the source that belongs to something, one item after the other, from the last of
 * the last page: lists come newest first. `path` ends in '?' or '&'. */
enum status import__each(struct import *import, struct str path, import_take *take, void *context);
/* The same of a list by cursor, in its order. */
enum status import__each_by_cursor(struct import *import, struct str path, import_take *take,
                                   void *context);

/* A list that goes round in circles: pages that were there before. */
struct import_circle {
    struct map seen;
    uint32_t repeats;
};
void import__circle_init(struct import_circle *circle);
void import__circle_done(struct import_circle *circle);
enum status import__circle_check(struct import_circle *circle, const struct json *items,
                                 struct error *error);

/* --- writing -------------------------------------------------------------------------------- */

/* As it was read; nothing when it is null or not there. */
void import__put(struct json_out *out, const char *name, const struct json *value);
/* Members of the same name. */
void import__put_all(struct json_out *out, const struct json *item, const char *const *names);
/* To where the target keeps what a request writes; the project stands in the address there. Frees
 * the body. out_reply: NULL, or the caller's to buf_done(). */
enum status import__write(struct import *import, const char *method, const char *path,
                          struct buf *body, struct buf *out_reply);
/* What the target will not have is told, as "what id: why", and costs no other. */
enum status import__unless_refused(struct import *import, enum status status, const char *what,
                                   struct str id);
void import__leave_out(struct import *import, const char *what, struct str id, const char *why);
/* Waits until the target's index has all that was sent. */
enum status import__settle(struct import *import);

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
/* "GENERATION" as "generation-create". */
const char *import__create_event(struct str type, struct arena *arena);

/* --- kinds ---------------------------------------------------------------------------------- */

/* Files that these members of an item name, each as "trace", "observation" or "dataset item". */
struct import_use {
    struct str trace, observation, dataset_item;
};
enum status import__media(struct import *import, const struct json *item,
                          const struct import_use *use, struct arena *arena);
/* Of a version of a prompt: that of the source, as the target calls it; empty: not known. */
enum status import__prompt_id(struct import *import, struct str id, struct arena *arena,
                              struct str *out_id);

typedef enum status import_copy(struct import *import, const struct json *items,
                                struct arena *arena);
import_copy import__models, import__traces, import__observations, import__score_configs,
    import__scores, import__archived_configs, import__prompts, import__datasets, import__comments,
    import__queues, import__newest_observations;
