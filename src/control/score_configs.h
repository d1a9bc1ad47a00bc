/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score_configs: what a project says its scores are: of which type, between which numbers, or which
 * categories. A score that names one is held to it.
 *
 * They are never deleted, as scores name them; archived, they take no new scores.
 *
 * Limits   the enum below; beyond, STATUS_INVALID that names the member.
 */
#pragma once

#include "control/control.h"
#include "model/score_config.h"

enum {
    SCORE_CONFIGS_MAX = 1000, /* a project */
    SCORE_CONFIG_ID_MAX = 255,
    SCORE_CONFIG_NAME_MAX = 35,
    SCORE_CONFIG_TEXT_MAX = 2000,
    SCORE_CONFIG_CATEGORIES_MAX = 100,
    SCORE_CONFIG_CATEGORY_MAX = 500,
};

/* Newest first; *out_total counts those of all pages. */
enum status control_score_configs(struct control *control, uint32_t project_id, int64_t skip,
                                  int64_t limit, struct arena *arena,
                                  struct score_config **out_configs, size_t *out_count,
                                  int64_t *out_total, struct error *error);
enum status control_score_config(struct control *control, uint32_t project_id, struct str id,
                                 struct arena *arena, struct score_config *out_config,
                                 struct error *error);
/* A new one; an empty id is made, in the arena. Booleans get their two categories.
 * STATUS_CONFLICT: there is one of that id. */
enum status control_score_config_add(struct control *control, uint32_t project_id,
                                     struct score_config *config, struct arena *arena,
                                     struct error *error);
/* Changes the one of this id, all but its type. */
enum status control_score_config_put(struct control *control, uint32_t project_id,
                                     struct score_config *config, struct arena *arena,
                                     struct error *error);
