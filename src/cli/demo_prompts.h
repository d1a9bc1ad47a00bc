/* SPDX-License-Identifier: Apache-2.0 */
/* demo_prompts: the prompts that the demo's calls name, with the history that led to them. */
#pragma once

#include "base/status.h"

struct client;

/* Keeps those that the project does not have yet. `project` NULL: that of the client's key. */
enum status demo_prompts(struct client *client, const char *project, struct error *error);
