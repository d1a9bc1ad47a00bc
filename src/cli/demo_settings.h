/* SPDX-License-Identifier: Apache-2.0 */
/* demo_settings: what the demo project is held against, unless somebody has set it already. */
#pragma once

#include "cli/demo_sender.h"

/* `project` NULL: that of the client's key. */
enum status demo_settings(const struct demo_options *options, const char *project,
                          struct error *error);
