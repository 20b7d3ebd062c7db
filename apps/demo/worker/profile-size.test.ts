import { type Encoders, MIXES } from "@drum/peca";
import { expect, it } from "vitest";
import { checkProfileSize } from "./profile-size.ts";

/** Stable Diffusion 1's: 77 × 768 numbers of each prompt kept, 236,544 bytes. */
const SD1 = { mix: MIXES.sd1, encoders: { L: { tokens: 77, width: 768 } } as unknown as Encoders };

const liked = (count: number) => Array.from({ length: count }, () => ({ intensity: 1 }));

it("a profile that would not be kept is refused before anything is encoded", () => {
	expect(() => checkProfileSize(SD1, liked(10_000), {})).not.toThrow();
	expect(() => checkProfileSize(SD1, liked(10_000), { ratio: 1 })).toThrow(/too large/);
	expect(() => checkProfileSize(SD1, liked(1000), { ratio: 1 })).not.toThrow();
	expect(() => checkProfileSize(SD1, liked(10_000), { size: 1134 })).not.toThrow();
	expect(() => checkProfileSize(SD1, liked(10_000), { size: 1135 })).toThrow(/too large/);
	const both = [...liked(1000), ...Array.from({ length: 500 }, () => ({ intensity: -1 }))];
	expect(() => checkProfileSize(SD1, both, { size: 700 })).toThrow(/too large/);
	expect(() => checkProfileSize(SD1, both, { size: 600 })).not.toThrow();
});
