import { describe, expect, it } from "vitest";
import type { Message } from "../../api/types";
import { callNames, newestTurn, roleClass } from "./conversation";

const say = (role: string, type: "text" | "tool_call" | "tool_result" = "text"): Message => ({ role, parts: [{ type, text: "…", id: "c1", name: "search" }] });

describe("conversation", () => {
    it("folds what came before the last answer", () => {
        const chat = [say("user"), say("assistant"), say("user"), say("assistant"), say("user")];
        expect(newestTurn(chat)).toBe(4);
    });

    it("keeps the tool calls whose results are the news", () => {
        const run = [say("user"), say("assistant"), say("user"), say("assistant", "tool_call"), say("tool", "tool_result"), say("tool", "tool_result")];
        expect(newestTurn(run)).toBe(3);
        expect(callNames(run).get("c1")).toBe("search");
    });

    it("does not fold a short history", () => {
        expect(newestTurn([say("user")])).toBe(0);
        expect(newestTurn([say("user"), say("assistant"), say("user")])).toBe(0);
        expect(newestTurn([])).toBe(0);
    });

    it("knows the roles of other vocabularies", () => {
        expect(roleClass("human")).toBe("user");
        expect(roleClass("model")).toBe("assistant");
        expect(roleClass("developer")).toBe("system");
    });
});
