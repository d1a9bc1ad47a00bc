/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { areStates, asShare, busyShare, held, panelsFor } from "./catalogue";

const metric = (name: string) => ({ name, unit: "1", type: "gauge", points: 1, last: "0" });

describe("infrastructure", () => {
    it("shows what was sent, and of several names for one thing the first", () => {
        const panels = panelsFor([metric("system.cpu.time"), metric("system.cpu.utilization"), metric("vllm:num_requests_waiting"), metric("shop.carts")] as never);
        expect(panels.map(({ id, metric: { name } }) => [id, name])).toEqual([["cpu", "system.cpu.utilization"], ["waiting", "vllm:num_requests_waiting"]]);
    });
    it("the share of busy is what is not idle, whatever the unit", () => {
        expect(busyShare([{ key: "user", values: [10, null, 1] }, { key: "system", values: [10, null, 1] }, { key: "idle", values: [60, null, 0] }])).toEqual([0.25, null, 1]);
        expect(areStates([{ key: "used" }, { key: "free" }])).toBe(true);
        expect(areStates([{ key: "" }])).toBe(false);
    });
    it("a gauge holds for ten minutes", () => {
        expect(held([null, 1, null, null, null, 2, null], 300_000)).toEqual([null, 1, 1, 1, null, 2, 2]);
        expect(held([1, null], 3_600_000)).toEqual([1, null]);
    });
    it("percent are a share", () => {
        expect(asShare([50, null], "DCGM_FI_DEV_GPU_UTIL", null)).toEqual([0.5, null]);
        expect(asShare([0.5], "hw.gpu.utilization", "1")).toEqual([0.5]);
    });
});
