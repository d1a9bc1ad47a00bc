/* SPDX-License-Identifier: Apache-2.0 */
/*
 * annotation: queues of what people are to judge, by which score configs, and who is to do it.
 *
 * An item waits until somebody completes it; what was said of it are scores, which are telemetry
 * and no part of this. What waits in a queue already is not put there a second time; what was
 * completed may come again.
 *
 * Limits   below; beyond, STATUS_INVALID or STATUS_TOO_LARGE that names the member.
 */
#pragma once

#include "control/control.h"
#include "model/subject.h"

enum {
    ANNOTATION_QUEUES_MAX = 500, /* a project */
    ANNOTATION_NAME_CHARACTERS_MAX = 200,
    ANNOTATION_TEXT_CHARACTERS_MAX = 2000,
    ANNOTATION_CONFIGS_MAX = 50,
    ANNOTATION_ITEMS_MAX = 100000, /* a queue */
    ANNOTATION_PEOPLE_MAX = 1000,  /* a queue */
    ANNOTATION_PERSON_BYTES_MAX = 255,
};

struct annotation_queue {
    struct str id, name;
    struct str description;   /* ptr NULL: none */
    struct str score_configs; /* JSON array of their ids */
    struct str people;        /* JSON array of those it is assigned to, sorted, once each */
    int64_t pending, completed;
    int64_t created_ns, updated_ns;
};

struct annotation_item {
    struct str id, queue_id;
    struct subject subject;
    bool is_completed;
    struct str author; /* who completed it; ptr NULL: nobody said */
    int64_t completed_ns, created_ns, updated_ns;
};

/* --- queues --------------------------------------------------------------------------------- */

/* Newest first; *out_total counts those of all pages. */
enum status control_annotation_queues(struct control *control, uint32_t project_id, int64_t skip,
                                      int64_t limit, struct arena *arena,
                                      struct annotation_queue **out_queues, size_t *out_count,
                                      int64_t *out_total, struct error *error);
enum status control_annotation_queue(struct control *control, uint32_t project_id, struct str id,
                                     struct arena *arena, struct annotation_queue *out_queue,
                                     struct error *error);
/* Without an id a new one, else that one is changed, or made when it `may_be_new`; *queue is as it
 * is then. Without `people` (ptr NULL) those it is assigned to stay. */
enum status control_annotation_queue_put(struct control *control, uint32_t project_id,
                                         struct annotation_queue *queue, bool may_be_new,
                                         struct arena *arena, struct error *error);
/* With its items; scores stay. */
enum status control_annotation_queue_delete(struct control *control, uint32_t project_id,
                                            struct str id, struct error *error);
/* Once or often is the same; so is taking away whom it was not assigned to. */
enum status control_annotation_assign(struct control *control, uint32_t project_id,
                                      struct str queue_id, struct str person, bool assigned,
                                      struct error *error);

/* --- items ---------------------------------------------------------------------------------- */

struct annotation_question {
    uint32_t project_id;
    struct str queue_id;
    int completed; /* -1: any */
    bool newest_first;
    int64_t skip, limit;
};
/* STATUS_NOT_FOUND: there is no such queue. */
enum status control_annotation_items(struct control *control,
                                     const struct annotation_question *question,
                                     struct arena *arena, struct annotation_item **out_items,
                                     size_t *out_count, int64_t *out_total, struct error *error);
enum status control_annotation_item(struct control *control, uint32_t project_id,
                                    struct str queue_id, struct str id, struct arena *arena,
                                    struct annotation_item *out_item, struct error *error);
/* Of each the subject counts, and whether it is completed; they come back as they stand in the
 * queue. Id and times may be brought along: an id that is in the queue already is that item. All
 * are added or none. */
enum status control_annotation_items_add(struct control *control, uint32_t project_id,
                                         struct str queue_id, struct annotation_item *items,
                                         size_t count, struct arena *arena, size_t *out_added,
                                         struct error *error);
/* To be done, or done by `author` (who may be empty). */
enum status control_annotation_item_set(struct control *control, uint32_t project_id,
                                        struct str queue_id, struct str id, bool completed,
                                        struct str author, struct arena *arena,
                                        struct annotation_item *out_item, struct error *error);
enum status control_annotation_item_delete(struct control *control, uint32_t project_id,
                                           struct str queue_id, struct str id, struct error *error);

/* Where an item stands in its queue, oldest first. Ids are empty where there is none. */
struct annotation_place {
    int64_t position, total; /* from 1 */
    struct str previous, next;
    struct str next_pending; /* the next that waits; behind the last one the first again */
};
enum status control_annotation_place(struct control *control, const struct annotation_item *item,
                                     struct arena *arena, struct annotation_place *out_place,
                                     struct error *error);
