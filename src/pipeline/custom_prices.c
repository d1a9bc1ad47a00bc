/* SPDX-License-Identifier: Apache-2.0 */
/* custom_prices: see custom_prices.h. */
#include "pipeline/custom_prices.h"

#include "base/log.h"
#include "control/custom_prices.h"
#include "price/custom.h"

enum { BYTES_MAX = 256 << 20 };

enum status custom_prices_load(struct control *control, struct price_book *book,
                               struct error *error)
{
    struct arena arena;
    struct custom_price *prices;
    struct error why;
    size_t count;
    arena_init(&arena, BYTES_MAX);
    enum status status = control_custom_prices_all(control, &arena, &prices, &count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (price_custom_add(book, &prices[i], &why) != STATUS_OK)
            log_warn("prices", "a project's own price is left out", "id=%.*s reason=\"%s\"",
                     STR_ARGS(prices[i].id), why.text);
    arena_done(&arena);
    return status;
}
