/* SPDX-License-Identifier: Apache-2.0 */
/* What can be answered to a score config, and by which key. */
import type { ScoreConfig } from "../../api/annotate";

export interface Choice {
    /** The digit that picks it; "" when there is none left. */
    key: string;
    label: string;
    value: number | boolean | string;
}

/** Scales of so few whole numbers are shown as buttons. */
const SCALE_MAX = 10;

export function isScale({ type, min, max }: ScoreConfig): boolean {
    return type === "numeric" && min !== null && max !== null && Number.isInteger(min) && Number.isInteger(max) && max - min >= 2 && max - min <= SCALE_MAX;
}

export function choicesOf(config: ScoreConfig): Choice[] {
    if (config.type === "boolean") return [{ key: "1", label: "Yes", value: true }, { key: "2", label: "No", value: false }];
    if (config.type === "categorical") return config.categories.map(({ label }, at) => ({ key: at < 9 ? String(at + 1) : "", label, value: label }));
    if (!isScale(config)) return [];
    const least = config.min as number;
    return Array.from({ length: (config.max as number) - least + 1 }, (_, at) => least + at).map((value) => ({ key: value >= 0 && value <= 9 ? String(value) : "", label: String(value), value }));
}

/** The number that was typed, or what is wrong with it. */
export function readNumber({ min, max }: ScoreConfig, text: string): number | string {
    const value = Number(text);
    if (!text.trim() || !Number.isFinite(value)) return "Expected a number";
    if (min !== null && value < min) return `Expected at least ${min}`;
    return max !== null && value > max ? `Expected at most ${max}` : value;
}
