/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score_config: what a project says scores of one name are: of which type, between which numbers,
 * or which categories. A score that names one is held to it when it comes.
 */
#pragma once

#include "base/arena.h"
#include "model/score.h"

struct score_config_category {
    struct str label;
    double value;
};

struct score_config {
    struct str id, name, description; /* description: ptr NULL, none */
    enum score_type type;             /* not SCORE_CORRECTION */
    bool is_archived;
    double least, most; /* of numbers; NaN: no bound */
    struct score_config_category *categories;
    size_t category_count;
    int64_t created_ns, updated_ns;
};

/* Where a receiver finds those of the projects. Threads: any. */
struct score_configs {
    /* STATUS_NOT_FOUND: the project has none of that id. Texts live in the arena. */
    enum status (*find)(void *context, uint32_t project_id, struct str id, struct arena *arena,
                        struct score_config *out_config, struct error *error);
    void *context;
};

/* Does the score keep to it? A category gets its number. STATUS_INVALID names the member. */
enum status score_config_apply(const struct score_config *config, struct score *score,
                               struct error *error);
