/* SPDX-License-Identifier: Apache-2.0 */
import { describe, expect, it } from "vitest";
import { mediaReferences } from "./media";

const id = "A".repeat(20) + "-_";
const reference = (type: string, which = id) => `@@@langfuseMedia:type=${type}|id=${which}|source=bytes@@@`;

describe("media references", () => {
    it("references are found in any text, each once", () => {
        expect(mediaReferences(`see ${reference("image/PNG")} and again ${reference("image/png")}, ${reference("audio/wav", "B".repeat(22))}`)).toEqual([
            { type: "image/png", id },
            { type: "audio/wav", id: "B".repeat(22) },
        ]);
    });

    it("what is none, or would lead elsewhere, is left alone", () => {
        for (const text of ["", "@@@langfuseMedia:@@@", reference("image/png", "../../../etc/passwd???"), reference("image/png", "short"), reference("a b")]) expect(mediaReferences(text)).toEqual([]);
    });

    it("at most twenty are shown", () => {
        const many = Array.from({ length: 50 }, (_, at) => reference("image/png", String(at).padStart(22, "0"))).join("");
        expect(mediaReferences(many)).toHaveLength(20);
    });
});
