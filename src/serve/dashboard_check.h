/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dashboard_check: is this JSON a dashboard of a version we know? A refusal names the member by its
 * path, as in `widgets[2].w: expected 1 to 12`. What a widget's query means is found when it is
 * asked.
 */
#pragma once

#include "wire/json.h"

enum {
    DASHBOARD_VERSION = 1,
    DASHBOARD_COLUMNS = 12,
    DASHBOARD_WIDGETS_MAX = 60,
    DASHBOARD_VARIABLES_MAX = 20,
};

struct dashboard_facts {
    struct str title, description;
    uint32_t widgets;
};

enum status dashboard_check(const struct json *document, struct dashboard_facts *out_facts,
                            struct error *error);
