/* SPDX-License-Identifier: Apache-2.0 */
/* The project's own prices, in dollars a million tokens. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiUrl, getJson, sendJson } from "./client";
import type { Ns } from "./types";

export interface Price {
    id: string;
    model: string;
    match: string;
    start: Ns | null;
    created: Ns;
    tiers: number;
    prices: Record<string, number>;
}

interface NewPrice {
    model: string;
    match?: string;
    start?: string;
    prices: Record<string, number | string>;
}

export function usePrices(project: string) {
    return useQuery({
        queryKey: ["prices", project],
        queryFn: ({ signal }) => getJson<{ prices: Price[] }>("/api/v1/prices", { project }, signal),
    });
}

/** A price made or taken away; either way the list is asked again. */
export function usePriceChange(project: string) {
    const client = useQueryClient();
    return useMutation({
        mutationFn: (change: { add: NewPrice } | { remove: string }) =>
            "add" in change
                ? sendJson("POST", apiUrl("/api/v1/prices", { project }), change.add)
                : sendJson("DELETE", apiUrl(`/api/v1/prices/${encodeURIComponent(change.remove)}`, { project }), undefined),
        onSettled: () => client.invalidateQueries({ queryKey: ["prices", project] }),
    });
}
