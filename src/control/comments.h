/* SPDX-License-Identifier: Apache-2.0 */
/*
 * comments: what people write beside a trace, an observation, a session or a version of a prompt.
 *
 * A comment stays as it was written until it is deleted; whether what it is about exists is the
 * caller's to ask, except of prompts, which lie in the same database.
 *
 * Limits   below; beyond, STATUS_INVALID or STATUS_TOO_LARGE that names the member.
 */
#pragma once

#include "control/control.h"
#include "model/subject.h"

enum {
    COMMENT_CHARACTERS_MAX = 5000,
    COMMENT_AUTHOR_BYTES_MAX = 255,
    COMMENTS_OF_SUBJECT_MAX = 1000,
    COMMENTS_MAX = 200000, /* a project */
};

struct comment {
    struct str id;
    struct subject subject;
    struct str content;
    struct str author; /* ptr NULL: nobody said */
    int64_t created_ns, updated_ns;
};

struct comment_question {
    uint32_t project_id;
    int kind;                      /* enum subject_kind; -1: any */
    struct str key, trace, author; /* of the subject, and the comment's; empty: any */
    int64_t skip, limit;
};

/* Oldest first; *out_total counts those of all pages. Texts live in the arena. */
enum status control_comments(struct control *control, const struct comment_question *question,
                             struct arena *arena, struct comment **out_comments, size_t *out_count,
                             int64_t *out_total, struct error *error);
enum status control_comment(struct control *control, uint32_t project_id, struct str id,
                            struct arena *arena, struct comment *out_comment, struct error *error);
/* Gives it its id and times, those it does not bring along; with the id of one that is there
 * already that one is changed. STATUS_NOT_FOUND: there is no such version of a prompt. */
enum status control_comment_create(struct control *control, uint32_t project_id,
                                   struct comment *comment, struct arena *arena,
                                   struct error *error);
enum status control_comment_delete(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error);
