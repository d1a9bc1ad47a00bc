/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom_prices: what projects say their models cost, kept also when deleted, as they still price
 * what was received while they held. What may be in one is checked by price/custom.h.
 */
#pragma once

#include "control/control.h"
#include "model/custom_price.h"

/* A project's, and with those deleted. */
enum { CUSTOM_PRICES_MAX = 500, CUSTOM_PRICES_KEPT_MAX = 2000 };

/* Newest first; *out_total counts those of all pages. */
enum status control_custom_prices(struct control *control, uint32_t project_id, int64_t skip,
                                  int64_t limit, struct arena *arena,
                                  struct custom_price **out_prices, size_t *out_count,
                                  int64_t *out_total, struct error *error);
enum status control_custom_price(struct control *control, uint32_t project_id, struct str id,
                                 struct arena *arena, struct custom_price *out_price,
                                 struct error *error);
/* Those of every project, deleted ones included, to price by. */
enum status control_custom_prices_all(struct control *control, struct arena *arena,
                                      struct custom_price **out_prices, size_t *out_count,
                                      struct error *error);
/* Fills when it was made, and the id unless it has one: then it takes the place of the one there
 * is, which prices nothing from then on. */
enum status control_custom_price_add(struct control *control, struct custom_price *price,
                                     struct arena *arena, struct error *error);
enum status control_custom_price_delete(struct control *control, uint32_t project_id, struct str id,
                                        int64_t *out_deleted_ns, struct error *error);
