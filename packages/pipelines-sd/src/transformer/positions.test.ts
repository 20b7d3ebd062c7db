import type { Tensor } from "@drum/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSD3Config } from "./config.ts";
import { croppedPositions, sincosPositions } from "./positions.ts";
import { filesOf } from "./testing/fixtures.ts";

const grid = { pos_embed_max_size: 12, patch_size: 2 };

test("a crop is a rectangle in the centre of the table", () => {
	const extent = fc.integer({ min: 1, max: 12 });
	fc.assert(
		fc.property(extent, extent, (rows, columns) => {
			const { data, dims } = croppedPositions(grid, 2 * rows, 2 * columns);
			expect(dims).toEqual([rows * columns]);
			const cells = Array.from(data, (place) => [Math.floor(Number(place) / 12), Number(place) % 12] as const);
			const [top, left] = cells[0]!;
			expect(cells).toEqual(cells.map((_, i) => [top + Math.floor(i / columns), left + (i % columns)]));
			// The margin below and to the right equals that above and to the left, or is one larger.
			expect([0, 1]).toContain(12 - rows - 2 * top);
			expect([0, 1]).toContain(12 - columns - 2 * left);
		}),
	);
});

test.each([
	[26, 8],
	[8, 26],
])("no crop is larger than the table: %i × %i", (height, width) => {
	const crop = () => croppedPositions(grid, height, width);
	expect(crop).toThrow(`sample: expected a height and a width of at most 24, found ${height} × ${width}`);
	expect(crop).toThrow(expect.objectContaining({ code: "argument" }));
});

// Oracle: the table in a file that diffusers saved (tooling/golden/sd3.py).
test("makes the same positions as diffusers", async () => {
	const { config: json, checkpoint, name } = await filesOf("sd3");
	const config = parseSD3Config(json, name);
	const table = (await checkpoint.read("pos_embed.pos_embed")) as Tensor<"float32">;
	const { data, dims } = sincosPositions(config, croppedPositions(config, 24, 24));
	expect([1, ...dims]).toEqual(table.dims);
	const far = table.data.findIndex((value, i) => !(Math.abs(value - data[i]!) <= 2 ** -24));
	expect(far, `element ${far} is ${data[far]}, expected ${table.data[far]}`).toBe(-1);
});
