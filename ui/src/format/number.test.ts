import { describe, expect, it } from "vitest";
import { bytes, change, count, duration, money, moneyExact, percent } from "./number";

describe("numbers", () => {
    it("shows durations with the unit that fits", () => {
        expect(duration(0)).toBe("0 ms");
        expect(duration(850)).toBe("850 ns");
        expect(duration(12_300)).toBe("12.3 µs");
        expect(duration(350e6)).toBe("350 ms");
        expect(duration(999.9e6)).toBe("1 s");
        expect(duration(1.204e9)).toBe("1.2 s");
        expect(duration(42.36e9)).toBe("42.4 s");
        expect(duration(59.99e9)).toBe("1 min");
        expect(duration(125e9)).toBe("2 min 5 s");
        expect(duration(3 * 3600e9 + 12 * 60e9)).toBe("3 h 12 min");
        expect(duration(98 * 3600e9)).toBe("4 d 2 h");
        expect(duration(-2e9)).toBe("−2 s");
        expect(duration(1.8e19)).toMatch(/ y$/);
        expect(duration(null)).toBe("–");
    });

    it("shortens counts and never rounds into a wrong unit", () => {
        expect(count(0)).toBe("0");
        expect(count(950)).toBe("950");
        expect(count(3400)).toBe("3.4 k");
        expect(count(12_549)).toBe("12.5 k");
        expect(count(999_600)).toBe("1 M");
        expect(count(12.5e9)).toBe("12.5 G");
        expect(count(undefined)).toBe("–");
    });

    it("keeps two significant digits of small money", () => {
        expect(money(0)).toBe("$0");
        expect(money(4_200_000)).toBe("$0.0042");
        expect(money(42)).toBe("≈ $0");
        expect(moneyExact(42)).toBe("$0.000000042");
        expect(money(1_274_000_000)).toBe("$1.27");
        expect(money(1_204_400_000_000)).toBe("$1,204");
        expect(money(12_345e9)).toBe("$12.3 k");
        expect(money(null)).toBe("–");
        expect(moneyExact(25_000)).toBe("$0.000025");
        expect(moneyExact(2_500_000_000)).toBe("$2.50");
        expect(moneyExact(15_000_000_000)).toBe("$15");
    });

    it("shows shares and changes", () => {
        expect(percent(0)).toBe("0 %");
        expect(percent(0.042)).toBe("4.2 %");
        expect(percent(0.00001)).toBe("< 0.01 %");
        expect(change(12, 10)).toBeCloseTo(0.2);
        expect(change(12, 0)).toBeNull();
        expect(bytes(1536)).toBe("1.5 KiB");
    });
});
