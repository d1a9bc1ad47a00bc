/* SPDX-License-Identifier: Apache-2.0 */
/* prompts: what the routes about prompts share. */
#pragma once

#include "control/prompt_protection.h"
#include "control/prompts.h"
#include "serve/serve_private.h"

/* The body {name, prompt, type, labels, tags, config, commitMessage} as a version to be; its
 * content in the one spelling that control keeps. */
enum status prompt_body_read(struct call *call, const struct json *body,
                             struct prompt_draft *out_draft);
/* Whether the request may take protected labels from their versions: it says protected=move. */
bool prompts_move_protected(const struct call *call);
/* A member that is a list of texts. Absent or null: none, and *out_given is false. */
enum status prompt_body_texts(struct call *call, const struct json *body, const char *name,
                              const struct str **out_texts, size_t *out_count, bool *out_given);
