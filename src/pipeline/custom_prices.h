/* SPDX-License-Identifier: Apache-2.0 */
/* custom_prices: projects' own prices, from the control database into the price book. */
#pragma once

#include "control/control.h"
#include "price/price.h"

/* One that this version cannot read is left out, with a word in the log. */
enum status custom_prices_load(struct control *control, struct price_book *book,
                               struct error *error);
