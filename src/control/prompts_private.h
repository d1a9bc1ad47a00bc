/* SPDX-License-Identifier: Apache-2.0 */
/* prompts_private: what the files about prompts share. All with the lock held. */
#pragma once

#include "control/control_private.h"
#include "control/prompts.h"

/* STATUS_NOT_FOUND without words: callers know what was looked for. */
enum status control__prompt_find(struct control *control, uint32_t project_id,
                                 const struct prompt_choice *choice, struct arena *arena,
                                 struct prompt *out_prompt, struct error *error);
enum status control__prompt_resolve(struct control *control, uint32_t project_id,
                                    const struct prompt *prompt, struct arena *arena,
                                    struct prompt_resolved *out_resolved, struct error *error);
/* Whether labels can be such; errors name the member they came as. */
enum status control__prompt_labels_check(const char *member, const struct str *labels, size_t count,
                                         struct error *error);
