/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup_tables: tables that people upload as CSV for the command `lookup`. What is in them is
 * checked before; here they are a name and a text.
 *
 * Limits   LOOKUP_TABLES_MAX a project, LOOKUP_PROJECT_BYTES_MAX of text in all of them.
 */
#pragma once

#include "control/control.h"

enum {
    LOOKUP_TABLES_MAX = 100,
    LOOKUP_NAME_BYTES_MAX = 256,
    LOOKUP_PROJECT_BYTES_MAX = 100 << 20,
};

struct lookup_table_row {
    struct str name;
    struct str columns; /* a JSON list of names */
    int64_t rows, bytes, created_ns, updated_ns;
};

/* By name, without their texts. Texts live in the arena. */
enum status control_lookup_table_list(struct control *control, uint32_t project_id,
                                      struct arena *arena, struct lookup_table_row **out_tables,
                                      size_t *out_count, struct error *error);
enum status control_lookup_table_read(struct control *control, uint32_t project_id, struct str name,
                                      struct arena *arena, struct str *out_csv,
                                      struct error *error);
/* Makes or replaces it; of `table` name, columns and rows count. */
enum status control_lookup_table_put(struct control *control, uint32_t project_id,
                                     const struct lookup_table_row *table, struct str csv,
                                     bool *out_created, struct error *error);
enum status control_lookup_table_delete(struct control *control, uint32_t project_id,
                                        struct str name, struct error *error);
