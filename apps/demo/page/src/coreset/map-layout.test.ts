import { describe, expect, it } from "vitest";
import type { MapPoint, Pick } from "../../../api/index.ts";
import { dotTowards, layMap, MOST_DOTS, nearestDot } from "./map-layout.ts";

const FRAME = { width: 400, height: 300, margin: 20 };
const point = (entryId: string, x: number, y: number): MapPoint => ({
	entryId,
	prompt: entryId,
	intensity: 1,
	x,
	y,
	pick: "a",
});
const pick = (entryId: string, rank: number, weight: number): Pick => ({
	...{ entryId, rank, weight, prompt: entryId, intensity: 1, score: 1, standsFor: 1 },
});
const map = [point("a", 0, 0), point("b", 1, 0), point("c", 0, 2), point("d", -3, 1)];
const dots = layMap({ map, picks: [pick("c", 0, 0.9), pick("a", 1, 0.1)] }, FRAME);
const at = (id: string) => dots.find((dot) => dot.point.entryId === id)!;

describe("the map", () => {
	it("keeps distances' ratios, stays in its frame, and has y upwards", () => {
		for (const { x, y } of dots) {
			expect(x).toBeGreaterThanOrEqual(20);
			expect(x).toBeLessThanOrEqual(380);
			expect(y).toBeGreaterThanOrEqual(20);
			expect(y).toBeLessThanOrEqual(280);
		}
		expect(at("c").y).toBeLessThan(at("a").y);
		expect((at("a").y - at("c").y) / (at("b").x - at("a").x)).toBeCloseTo(2);
	});

	it("has the chosen last, in the order chosen, the heavier the larger", () => {
		expect(dots.map((dot) => dot.point.entryId).slice(-2)).toEqual(["c", "a"]);
		expect(at("c").radius).toBeGreaterThan(at("a").radius);
		expect(at("a").radius).toBeGreaterThan(at("b").radius);
	});

	it("of one prompt is in the middle, and of none is empty", () => {
		expect(layMap({ map: [point("a", 7, 7)], picks: [] }, FRAME)).toMatchObject([{ x: 200, y: 150 }]);
		expect(layMap({ map: [], picks: [] }, FRAME)).toEqual([]);
	});

	it("of a long history has all chosen and a part of the others", () => {
		const long = Array.from({ length: 9000 }, (_, i) => point(String(i), i, i % 7));
		const laid = layMap({ map: long, picks: [pick("8999", 0, 1)] }, FRAME);
		expect(laid).toHaveLength(MOST_DOTS + 1);
		expect(new Set(laid.map((dot) => dot.point.entryId)).size).toBe(MOST_DOTS + 1);
		expect(laid.at(-1)?.point.entryId).toBe("8999");
	});
});

describe("going over the map", () => {
	it("takes the nearest within reach", () => {
		expect(nearestDot(dots, at("b").x + 5, at("b").y, 20)).toBe(at("b"));
		expect(nearestDot(dots, 200, 299, 5)).toBeUndefined();
	});

	it("goes in the arrow's direction", () => {
		expect(dotTowards(dots, at("a"), 1, 0)).toBe(at("b"));
		expect(dotTowards(dots, at("a"), 0, -1)).toBe(at("c"));
		expect(dotTowards(dots, at("a"), -1, 0)).toBe(at("d"));
		expect(dotTowards(dots, at("b"), 1, 0)).toBeUndefined();
	});
});

describe("equal prompts", () => {
	const apart = (dots: readonly { x: number; y: number; radius: number }[]) =>
		dots.flatMap((a, i) => dots.slice(i + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y) / (a.radius + b.radius)));

	it("lie around their spot, each to be seen, the chosen ones with their numbers", () => {
		const equal = Array.from({ length: 30 }, (_, i) => point(`p${i}`, 0, 0));
		const picks = ["p3", "p7", "p20"].map((id, rank) => pick(id, rank, 1 / 3));
		for (const others of [[], [point("far", 5, 3)]]) {
			const laid = layMap({ map: [...equal, ...others], picks }, FRAME);
			expect(Math.min(...apart(laid.filter((dot) => dot.pick)))).toBeGreaterThan(0.75);
			expect(new Set(laid.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`)).size).toBe(laid.length);
			for (const { x, y, radius } of laid) {
				expect(Math.min(x, 400 - x)).toBeGreaterThanOrEqual(radius);
				expect(Math.min(y, 300 - y)).toBeGreaterThanOrEqual(radius);
			}
		}
	});

	it("stay in the frame, however many they are", () => {
		const laid = layMap({ map: Array.from({ length: 1500 }, (_, i) => point(`p${i}`, 1, 1)), picks: [] }, FRAME);
		for (const { y, radius } of laid) expect(Math.min(y, 300 - y)).toBeGreaterThanOrEqual(radius - 1e-9);
	});

	it("leave prompts with a spot of their own where they are", () => {
		expect(at("b")).toMatchObject({ x: expect.closeTo(20 + (4 / 4) * 360, 0) });
		const twice = layMap({ map: [...map, point("b2", 1, 0)], picks: [] }, FRAME);
		expect(twice.find((dot) => dot.point.entryId === "a")).toMatchObject({ x: at("a").x, y: at("a").y });
	});
});
