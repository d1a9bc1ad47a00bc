/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompt_protection: labels that are not moved or taken away by slip. A project says which; whoever
 * changes prompts asks here first whether such a label would leave the version that has it.
 *
 * Giving one to a prompt that has it on no version is no move.
 */
#pragma once

#include "control/prompts.h"

/* Sorted. */
enum status control_prompt_protected(struct control *control, uint32_t project_id,
                                     struct arena *arena, struct str **out_labels,
                                     size_t *out_count, struct error *error);
/* Replaces them all. Labels are those of control_prompt_label(), `latest` is none. */
enum status control_prompt_protect(struct control *control, uint32_t project_id,
                                   const struct str *labels, size_t count, struct error *error);

/* STATUS_FORBIDDEN names a protected label that would be taken from a version other than this one
 * (0: from any). */
enum status control_prompt_guard_labels(struct control *control, uint32_t project_id,
                                        struct str name, int64_t version, const struct str *labels,
                                        size_t count, struct error *error);
/* The same for what a deletion would take; see control_prompt_delete(). */
enum status control_prompt_guard_versions(struct control *control, uint32_t project_id,
                                          const struct prompt_choice *choice, struct error *error);
