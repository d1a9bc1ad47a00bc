/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dashboards: what people arranged for themselves, kept as the JSON they gave, with a revision so
 * that two editors do not overwrite each other unseen. What the JSON must be is checked by who
 * calls (serve).
 *
 * Limits   DASHBOARDS_MAX a project, DASHBOARD_BYTES_MAX a document.
 */
#pragma once

#include "control/control.h"

enum { DASHBOARDS_MAX = 500, DASHBOARD_BYTES_MAX = 256 * 1024 };

struct dashboard {
    int64_t id, revision;          /* the revision grows by one with each change */
    struct str title, description; /* as in the document, for lists */
    struct str document;           /* JSON; STR_NONE in lists */
    int64_t widgets;
    int64_t created_ns, updated_ns;
};

/* By title. Texts live in the arena. */
enum status control_dashboard_list(struct control *control, uint32_t project_id,
                                   struct arena *arena, struct dashboard **out_dashboards,
                                   size_t *out_count, struct error *error);
enum status control_dashboard_get(struct control *control, uint32_t project_id, int64_t id,
                                  struct arena *arena, struct dashboard *out_dashboard,
                                  struct error *error);
/* Takes title, description, document and widgets. */
enum status control_dashboard_create(struct control *control, uint32_t project_id,
                                     const struct dashboard *dashboard, int64_t *out_id,
                                     struct error *error);
/* STATUS_CONFLICT when dashboard->revision is no longer the newest. */
enum status control_dashboard_update(struct control *control, uint32_t project_id,
                                     const struct dashboard *dashboard, struct error *error);
enum status control_dashboard_delete(struct control *control, uint32_t project_id, int64_t id,
                                     struct error *error);
