/* SPDX-License-Identifier: Apache-2.0 */
/* datasets_private: what the three files about datasets share. All with the lock held, except
 * datasets__delete(). */
#pragma once

#include "control/control_private.h"
#include "control/datasets.h"

/* dataset_item.to_ns of the version that holds now. */
#define ITEM_IS_NOW "9223372036854775807"

/* column=…: null keeps what is there, an empty text clears it. */
#define KEEP(column, parameter)                                                                    \
    column "=CASE WHEN " parameter " IS NULL THEN " column " ELSE nullif(" parameter ",'') END"

enum status datasets__get(struct control *control, uint32_t project_id, struct str id,
                          struct str name, struct arena *arena, struct dataset *out_dataset,
                          struct error *error);
enum status datasets__item(struct control *control, uint32_t project_id, struct str id,
                           int64_t as_of_ns, struct arena *arena, struct dataset_item *out_item,
                           struct error *error);
enum status datasets__not_there(struct error *error, const char *what, struct str id);
/* Takes the lock. `sql` has the project as ?1 and the id as ?2. */
enum status datasets__delete(struct control *control, const char *sql, const char *what,
                             uint32_t project_id, struct str id, struct error *error);
