import { float32, type TextEncoder, type TextEncoding } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { RememberingEncoder } from "./index.ts";

/** Encodes a prompt by its letters, and notes what it was asked. */
function letters(options: { features?: boolean } = {}) {
	const asked: string[][] = [];
	const code = (prompt: string, i: number) => prompt.charCodeAt(i % prompt.length);
	const encoder = {
		...{ name: "letters", width: 3, heads: 1, tokens: 2, hasClassRow: true, fingerprint: "f" },
		async encode(prompts: readonly string[]): Promise<TextEncoding> {
			asked.push([...prompts]);
			const rows = (size: number) =>
				Float32Array.from(prompts.flatMap((p) => Array.from({ length: size }, (_, i) => code(p, i))));
			return {
				hidden: { [-1]: float32(rows(6), [prompts.length, 2, 3]) },
				classRows: prompts.map((prompt) => prompt.length),
				features: options.features === false ? undefined : float32(rows(4), [prompts.length, 4]),
			};
		},
	} as unknown as TextEncoder;
	return { asked, encoder };
}

describe("an encoder that remembers", () => {
	test("gives what the encoder gives, in the prompts' order, and asks for each prompt once", async () => {
		const { encoder, asked } = letters();
		const remembering = new RememberingEncoder(encoder);
		const prompts = ["red", "blue", "red", "ink"];
		const direct = await encoder.encode(prompts);
		asked.length = 0;
		expect(await remembering.encode(prompts)).toEqual(direct);
		expect(await remembering.encode(["ink", "new"])).toEqual(await encoder.encode(["ink", "new"]));
		expect(asked.slice(0, 2)).toEqual([["red", "blue", "ink"], ["new"]]);
	});

	test("gives features alike, of many prompts in parts", async () => {
		const { encoder, asked } = letters();
		const remembering = new RememberingEncoder(encoder);
		const prompts = Array.from({ length: 150 }, (_, i) => `prompt ${i}`);
		const { features } = await encoder.encode(prompts);
		asked.length = 0;
		expect(await remembering.features(prompts)).toEqual(features);
		expect(Math.max(...asked.map((part) => part.length))).toBeLessThan(100);
		const before = asked.length;
		expect(await remembering.features(prompts)).toEqual(features);
		expect(asked).toHaveLength(before);
	});

	test("has no features where its encoder has none", async () => {
		const remembering = new RememberingEncoder(letters({ features: false }).encoder);
		await expect(remembering.features(["red"])).rejects.toThrow("text features");
		expect((await remembering.encode(["red"])).features).toBeUndefined();
	});
});
